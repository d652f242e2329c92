-- stopped: budget memory
local t = {}
t[60000] = 1
t[60000] = nil
while true do table.insert(t, 1); t[#t] = nil end
