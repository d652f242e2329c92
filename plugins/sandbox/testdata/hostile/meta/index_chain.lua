-- stopped: runtime budget
local t = {}
for i = 1, 120 do t = setmetatable({}, { __index = t }) end
while true do local _ = t.x end
