-- stopped: memory budget
local i = 0
while true do i = i + 1; ("x"):find(("[%a%d_]"):rep(140) .. i) end
