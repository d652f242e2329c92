-- stopped: memory budget
local keep, s = {}, ("a"):rep(60000)
while true do keep[#keep + 1] = s:reverse(); keep[#keep + 1] = s:upper() end
