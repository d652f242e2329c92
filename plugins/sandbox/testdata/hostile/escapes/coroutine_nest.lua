-- stopped: runtime
local function f() coroutine.wrap(f)() end
f()
