-- stopped: budget memory
local keep = {}
while true do keep[#keep + 1] = setmetatable({}, { __mode = "kv", __gc = function() while true do end end }) end
