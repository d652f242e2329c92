-- stopped: memory budget
local keep, s = {}, ("word "):rep(10000)
while true do for w in s:gmatch("%a+") do keep[#keep + 1] = w .. #keep end end
