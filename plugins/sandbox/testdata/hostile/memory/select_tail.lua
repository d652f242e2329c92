-- stopped: memory budget runtime
local keep = {}
local function pack(n, ...) if n == 0 then return end keep[#keep + 1] = { select(1, ...) }; return pack(n - 1, n, ...) end
while true do pack(150) end
