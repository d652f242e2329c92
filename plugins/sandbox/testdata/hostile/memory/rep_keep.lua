-- stopped: memory
local keep = {}
while true do keep[#keep + 1] = string.rep("a", 60000) end
