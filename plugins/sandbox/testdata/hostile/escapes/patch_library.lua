-- stopped: runtime
string.upper = function() return "patched" end
