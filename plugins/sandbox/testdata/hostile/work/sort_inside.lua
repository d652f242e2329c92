-- stopped: budget memory runtime
local t = {}
for i = 1, 1000 do t[i] = 1000 - i end
table.sort(t, function(a, b) table.remove(t); table.sort(t); return a < b end)
while true do table.sort({ 3, 1, 2 }) end
