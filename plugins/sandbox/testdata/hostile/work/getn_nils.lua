-- stopped: budget
local t = {}
t[65000] = 1
t[65000] = nil
while true do table.getn(t) end
