-- stopped: memory budget
local keep = {}
while true do keep[#keep + 1] = ("a b c"):gmatch("%a") end
