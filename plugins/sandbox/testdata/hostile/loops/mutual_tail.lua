-- stopped: budget
local odd
local function even() return odd() end
odd = function() return even() end
return even()
