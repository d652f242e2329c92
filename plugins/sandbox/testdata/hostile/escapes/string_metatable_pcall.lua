-- stopped: runtime
local ok, mt = pcall(getmetatable, "")
assert(ok and type(mt) == "string", "ESCAPED")
assert(not pcall(setmetatable, "", {}), "ESCAPED")
local ok = xpcall(function() ("").__index = nil end, function(e) return e end)
assert(not ok, "ESCAPED")
table.sort({ "b", "a" }, function(a, b) return setmetatable(a, {}) < b end)
