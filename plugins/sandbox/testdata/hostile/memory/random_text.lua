-- stopped: memory budget
local s = ""
local keep = {}
while true do s = ("%d"):format(#keep) .. s:sub(1, 30000); keep[#keep + 1] = s end
