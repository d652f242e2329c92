-- stopped: budget memory
local t = {}
t[60000] = 1
while true do for _ in pairs(t) do end end
