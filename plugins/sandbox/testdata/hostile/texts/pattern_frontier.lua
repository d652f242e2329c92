-- stopped: budget memory
local s = ("ab "):rep(10000)
while true do s:find("%f[%z]x") end
