-- stopped: budget memory
local s = (" "):rep(60000) .. "1"
while true do json.decode(s) end
