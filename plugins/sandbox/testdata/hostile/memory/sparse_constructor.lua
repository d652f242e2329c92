-- stopped: memory
local keep = {}
for i = 1, 100000 do keep[i] = { [65535] = i } end
