-- stopped: memory
local keep = nil
while true do local t = {}; t.next = keep; keep = t end
