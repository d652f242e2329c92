-- stopped: runtime budget memory
local function f(n) if n == 0 then return 1 end return f(n - 1) + f(n - 1) end
return f(150)
