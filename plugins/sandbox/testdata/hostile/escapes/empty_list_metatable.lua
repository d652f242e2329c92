-- stopped: runtime
local list = json.decode("[]")
assert(type(getmetatable(list)) ~= "table")
setmetatable(list, { __index = print })
