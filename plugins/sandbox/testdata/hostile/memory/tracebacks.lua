-- stopped: memory budget
local keep = {}
local function deep(n) if n > 0 then local x = deep(n - 1); return x end error({ keep = keep }) end
while true do local _, e = pcall(deep, 100); keep[#keep + 1] = e end
