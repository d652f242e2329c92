-- stopped: budget memory
local t = {}
for i = 1, 1e6 do t[i * 1e7] = i end
