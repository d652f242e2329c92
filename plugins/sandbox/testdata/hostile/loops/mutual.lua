-- stopped: runtime
local odd
local function even(n) return 1 + odd(n) end
odd = function(n) return 1 + even(n) end
return even(1)
