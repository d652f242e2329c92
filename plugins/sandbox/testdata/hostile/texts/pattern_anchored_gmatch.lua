-- stopped: budget memory
local s = ("a"):rep(30000)
while true do for _ in s:gmatch("^.-b") do end end
