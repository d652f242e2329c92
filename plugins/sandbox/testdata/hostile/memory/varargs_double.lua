-- stopped: runtime memory budget
local function double(...) return double(..., ...) end
return double(1, 2, 3)
