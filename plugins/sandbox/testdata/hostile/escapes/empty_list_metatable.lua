-- stopped: runtime
local list = json.decode("[]")
assert(type(getmetatable(list)) ~= "table", "ESCAPED")
setmetatable(list, { __index = print })
