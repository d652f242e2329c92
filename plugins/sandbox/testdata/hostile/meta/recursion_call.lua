-- stopped: runtime
local mt = {}
mt.__call = function(a, b) return (a(b)) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
return a(b)
