-- stopped: runtime
local mt = {}
mt.__le = function(a, b) return not (a <= b) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
return a <= b
