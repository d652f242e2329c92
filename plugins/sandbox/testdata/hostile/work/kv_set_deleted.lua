-- stopped: budget memory runtime
local t = {}
for i = 1, 15000 do t["k" .. i] = i; t["k" .. i] = nil end
while true do kv.set("k", t) end
