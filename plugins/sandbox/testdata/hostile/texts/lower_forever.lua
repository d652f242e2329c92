-- stopped: budget memory
local s = ("İ"):rep(20000)
while true do s:lower() end
