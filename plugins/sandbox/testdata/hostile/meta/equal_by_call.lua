-- stopped: budget memory
local mt = { __eq = function() return false end }
local a, b = setmetatable({}, mt), setmetatable({}, mt)
while a ~= b do end
