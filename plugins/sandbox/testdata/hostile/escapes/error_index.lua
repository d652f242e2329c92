-- stopped: runtime
error(setmetatable({}, { __index = function(t, k) return t[k .. k] end }))
