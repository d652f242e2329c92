-- stopped: runtime
local ok, mt = pcall(getmetatable, "")
assert(ok and type(mt) == "string", "the metatable of strings came out")
assert(not pcall(setmetatable, "", {}))
local ok = xpcall(function() ("").__index = nil end, function(e) return e end)
assert(not ok)
table.sort({ "b", "a" }, function(a, b) return setmetatable(a, {}) < b end)
