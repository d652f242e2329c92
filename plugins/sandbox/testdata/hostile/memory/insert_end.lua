-- stopped: memory budget runtime
local keep = {}
while true do local t = {}; for i = 1, 1000 do table.insert(t, i) end keep[#keep + 1] = t end
