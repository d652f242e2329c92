-- stopped: runtime
local t = setmetatable({}, { __metatable = "mine" })
assert(getmetatable(t) == "mine", "ESCAPED")
setmetatable(t, nil)
