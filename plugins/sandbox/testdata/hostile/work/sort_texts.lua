-- stopped: budget memory
local t, s = {}, ("a"):rep(50000)
for i = 1, 300 do t[i] = s .. (1000 - i) end
while true do table.sort(t) end
