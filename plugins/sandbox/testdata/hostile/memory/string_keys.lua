-- stopped: memory budget
local t, i = {}, 0
while true do i = i + 1; t[("k"):rep(200) .. i] = true end
