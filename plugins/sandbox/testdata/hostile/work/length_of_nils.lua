-- stopped: budget
local t = {}
t[65535] = 1
t[65535] = nil
while true do local n = #t end
