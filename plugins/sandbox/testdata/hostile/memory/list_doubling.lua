-- stopped: memory budget
local keep = {}
while true do local t = {}; for i = 1, 33 do t[i] = i end keep[#keep + 1] = t end
