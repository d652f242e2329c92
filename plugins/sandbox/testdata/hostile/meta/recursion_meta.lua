-- stopped: runtime
local t = setmetatable({}, {})
getmetatable(t).__index = function(x, k) return x[k .. "x"] end
return t.a
