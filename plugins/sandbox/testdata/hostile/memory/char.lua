-- stopped: memory budget
local keep, codes = {}, {}
for i = 1, 4000 do codes[i] = 65 end
while true do keep[#keep + 1] = string.char(unpack(codes)) end
