-- stopped: runtime memory budget
local keep = {}
local function grow(...) keep[#keep + 1] = { ... }; return grow(1, ...) end
grow()
