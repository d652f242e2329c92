-- stopped: memory
local keep = {}
for i = 1, 100000 do local t = {}; t[65535] = i; keep[i] = t end
