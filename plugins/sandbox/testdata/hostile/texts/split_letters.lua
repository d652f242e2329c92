-- stopped: budget memory
local s = ("a"):rep(60000)
while true do for c in s:gmatch(".") do end end
