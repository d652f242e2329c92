-- stopped: runtime
local function f(x) return (x:gsub(".", f)) end
return f("ab")
