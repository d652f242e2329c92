-- stopped: memory
local keep = {}
local function pack(...) return { ... } end
local big = {}
for i = 1, 4000 do big[i] = i end
while true do keep[#keep + 1] = pack(unpack(big)) end
