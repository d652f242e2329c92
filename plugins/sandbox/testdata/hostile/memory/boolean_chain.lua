-- stopped: memory budget
local t = {}
while true do local n = { [t] = true, [true] = t }; t = n end
