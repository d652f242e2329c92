-- stopped: budget
local t = setmetatable({}, { __pairs = function(t) return function() return 1 end, t, nil end })
for _ in pairs(t) do end
