-- stopped: memory budget
local keep = {}
while true do keep[#keep + 1] = setmetatable({}, { __index = {} }) end
