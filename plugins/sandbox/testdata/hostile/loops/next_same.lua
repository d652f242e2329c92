-- stopped: budget
local t = { 1, 2 }
while next(t) do end
