-- stopped: runtime budget
local t = setmetatable({}, { __index = function(t, k) return (k:gsub(".", t)) end })
return (("ab"):gsub(".", t))
