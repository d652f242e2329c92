-- stopped: runtime budget memory
local t = {}
for i = 1, 1000 do t[i] = "" end
while true do table.concat(t, ("x"):rep(60)) end
