-- stopped: memory budget
local keep = {}
while true do local t = {}; keep[#keep + 1] = t; tostring(t) end
