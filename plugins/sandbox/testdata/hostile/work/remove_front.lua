-- stopped: budget memory runtime
local t = {}
for i = 1, 20000 do t[i] = i end
while true do table.insert(t, 1, (table.remove(t, 1))) end
