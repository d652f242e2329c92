-- stopped: runtime
local t, s = {}, ("a"):rep(60000)
for i = 1, 100 do t[i] = s end
return table.concat(t)
