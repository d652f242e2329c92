-- stopped: budget memory
local a, b = ("a"):rep(60000) .. "x", ("a"):rep(60000) .. "x"
while true do local _ = a == b end
