-- stopped: runtime
local t = setmetatable({}, {})
getmetatable(t).__pairs = function(x) return pairs(x) end
return (pairs(t))
