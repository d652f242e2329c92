-- stopped: budget memory
local s = ("9"):rep(60000)
while true do tonumber(s); tonumber(s, 36) end
