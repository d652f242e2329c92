-- stopped: memory budget
local i = 0
while true do i = i + 1; ("x"):find(("%a"):rep(400) .. i) end
