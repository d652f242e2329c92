-- stopped: runtime
local a, b = {}, {}
setmetatable(a, { __call = b })
setmetatable(b, { __call = a })
return a()
