-- stopped: runtime
local mt = getmetatable(string)
assert(type(mt) == "string", "ESCAPED")
mt.__index = nil
