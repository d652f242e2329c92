-- stopped: memory
local keep, s = {}, ("%s"):rep(50)
while true do keep[#keep + 1] = string.format("%s%s", ("x"):rep(9000), s) end
