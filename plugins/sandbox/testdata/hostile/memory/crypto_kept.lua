-- stopped: memory budget runtime
local keep, s = {}, ("x"):rep(40000)
while true do keep[#keep + 1] = crypto.base64(s) end
