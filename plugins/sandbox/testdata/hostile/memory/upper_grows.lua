-- stopped: memory budget runtime
local keep, s = {}, ("ɐ"):rep(30000)
while true do keep[#keep + 1] = s:upper() end
