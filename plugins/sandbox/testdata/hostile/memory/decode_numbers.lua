-- stopped: memory budget
local s, keep = "[" .. ("1,"):rep(29000) .. "1]", {}
while true do keep[#keep + 1] = json.decode(s) end
