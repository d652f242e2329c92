-- stopped: budget memory
local s = ("中"):rep(20000)
while true do s:upper() end
