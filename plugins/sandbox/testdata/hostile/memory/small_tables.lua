-- stopped: budget memory
local keep = nil
while true do keep = { keep } end
