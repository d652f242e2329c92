-- stopped: budget memory
local t = { 1 }
for k in pairs(t) do t[k + 1] = 1 end
local i = 0
while true do i = i + 1; for k in pairs(t) do t[k .. ""] = i end end
