-- stopped: budget memory
local t = { 1, "a", {}, 2 }
while true do pcall(table.sort, t) end
