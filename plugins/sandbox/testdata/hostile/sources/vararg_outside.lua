-- stopped: syntax
local function f() return ... end
