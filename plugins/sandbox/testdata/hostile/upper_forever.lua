-- stopped: budget memory
local s = ("中"):rep(50000)
while true do s:upper() end
