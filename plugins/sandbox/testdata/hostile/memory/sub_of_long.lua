-- stopped: memory budget
local keep, i = {}, 0
while true do i = i + 1; keep[#keep + 1] = (("x"):rep(50000) .. i):sub(1, 1) end
