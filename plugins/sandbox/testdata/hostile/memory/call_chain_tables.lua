-- stopped: memory budget
local function f() return 1, 2, 3, 4, 5, 6, 7, 8 end
local keep
while true do keep = { keep, { f() }, { f(), f() }, { { f() } } } end
