-- stopped: memory budget
local keep = {}
while true do keep[#keep + 1] = (("a"):rep(500):gsub(".", function(c) return c:rep(100) end)) end
