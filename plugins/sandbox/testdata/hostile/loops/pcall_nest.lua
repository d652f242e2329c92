-- stopped: budget memory
local function f(...) return pcall(f, ...) end
while true do f(1) end
