-- stopped: memory budget runtime
local t, keep = {}, {}
for i = 1, 200 do t["key" .. i] = { i } end
kv.set("big", t)
while true do keep[#keep + 1] = kv.get("big") end
