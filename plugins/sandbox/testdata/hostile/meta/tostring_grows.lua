-- stopped: runtime memory budget
local s = "x"
local t = setmetatable({}, { __tostring = function() s = s .. s; return s end })
while true do print(t, t, t) end
