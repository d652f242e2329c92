-- stopped: budget memory
local s, i = ("a"):rep(60000), 0
while true do i = i + 1; s:sub(i) end
