-- stopped: memory budget runtime
local t, i = {}, 0
while true do i = i + 1; t[i] = i end
