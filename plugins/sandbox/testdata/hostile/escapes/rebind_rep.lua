-- stopped: runtime
local s = ""
s.rep = function() return "patched" end
