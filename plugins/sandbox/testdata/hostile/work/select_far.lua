-- stopped: budget memory runtime
local t = {}
for i = 1, 4000 do t[i] = i end
while true do select(4000, unpack(t)) end
