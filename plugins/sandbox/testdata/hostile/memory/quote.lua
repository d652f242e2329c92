-- stopped: memory budget runtime
local keep, s = {}, ("\0"):rep(15000)
while true do keep[#keep + 1] = ("%q"):format(s) end
