-- stopped: runtime
local mt = {}
mt.__add = function(a, b) return (a + b) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
return a + b
