-- stopped: memory budget runtime
local part, keep = ("a"):rep(600), {}
local parts = {}
for i = 1, 100 do parts[i] = part end
while true do keep[#keep + 1] = table.concat(parts) end
