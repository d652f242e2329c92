-- stopped: memory budget runtime
local t, keep = {}, {}
for i = 1, 500 do t["key" .. i] = ("v"):rep(100) end
while true do keep[#keep + 1] = json.encode(t) end
