-- stopped: runtime
setmetatable("", { __index = function() return "patched" end })
