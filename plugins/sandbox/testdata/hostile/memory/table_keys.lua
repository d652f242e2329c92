-- stopped: memory budget
local t = {}
while true do t[{}] = {} end
