-- stopped: budget memory
local t, a, b = {}, ("a"):rep(60000) .. "x", ("a"):rep(60000) .. "y"
while true do t[a] = 1; local _ = t[b] end
