-- stopped: budget memory
local s, p = ("a"):rep(60000), ("a"):rep(20000) .. "b"
while true do s:find(p, 1, true) end
