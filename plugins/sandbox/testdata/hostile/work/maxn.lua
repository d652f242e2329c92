-- stopped: budget memory
local t = {}
for i = 1, 5000 do t[i + 0.5] = i end
while true do table.maxn(t) end
