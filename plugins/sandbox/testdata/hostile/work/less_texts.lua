-- stopped: deadline
local a, b = ("a"):rep(60000) .. "x", ("a"):rep(60000) .. "y"
while true do local _ = a < b end
