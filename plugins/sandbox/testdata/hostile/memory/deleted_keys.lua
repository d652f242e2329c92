-- stopped: budget memory
local t = {}
local i = 0
while i < 15000 do i = i + 1; t["k" .. i] = i; t["k" .. i] = nil end
while true do next(t) end
