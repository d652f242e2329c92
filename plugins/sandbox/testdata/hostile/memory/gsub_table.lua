-- stopped: memory budget
local keep, by = {}, setmetatable({}, { __index = function(_, k) return ("b"):rep(50) end })
while true do keep[#keep + 1] = (("a"):rep(1000):gsub("a", by)) end
