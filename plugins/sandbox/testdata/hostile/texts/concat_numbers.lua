-- stopped: budget memory
local s = ""
while true do s = 1 .. 2 .. 3 .. 4 .. s:sub(1, 10) end
