-- stopped: memory budget
local s, keep = ("["):rep(31) .. ("]"):rep(31), {}
while true do keep[#keep + 1] = json.decode(s) end
