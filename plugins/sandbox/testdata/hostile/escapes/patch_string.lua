-- stopped: runtime
getmetatable("").__index.upper = function() return "patched" end
