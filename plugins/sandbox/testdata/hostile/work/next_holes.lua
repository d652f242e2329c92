-- stopped: budget memory
local t = {}
t[60000] = 1
while true do next(t) end
