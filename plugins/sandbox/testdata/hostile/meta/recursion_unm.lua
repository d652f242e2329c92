-- stopped: runtime
local mt = {}
mt.__unm = function(a, b) return (-a) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
return -a
