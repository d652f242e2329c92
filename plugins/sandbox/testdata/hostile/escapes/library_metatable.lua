-- stopped: runtime
local mt = getmetatable(string)
assert(type(mt) == "string")
mt.__index = nil
