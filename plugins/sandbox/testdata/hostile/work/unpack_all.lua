-- stopped: runtime
local t = {}
t[60000] = 1
return unpack(t, 1, 60000)
