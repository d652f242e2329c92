-- stopped: memory budget
local s, keep = "[" .. ('{"a":{}},'):rep(5000) .. "{}]", {}
while true do keep[#keep + 1] = json.decode(s) end
