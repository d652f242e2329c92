-- stopped: runtime
return (("x"):gsub("x", function(s) return setmetatable(s, { __index = function() return 1 end }) end))
