-- stopped: budget memory runtime
local s = ("中"):rep(20000)
while true do text.length(s) end
