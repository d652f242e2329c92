-- stopped: memory budget runtime
local i = 0
while true do i = i + 1; kv.set("key" .. i, ("x"):rep(1000)) end
