-- stopped: budget memory
local t = setmetatable({}, { __len = function(t) return #t end })
while true do local _ = #t end
