-- stopped: budget memory
local s = ("x"):rep(60000)
while true do crypto.sha256(s) end
