-- stopped: runtime memory budget
local s = ("a"):rep(200)
for i = 1, 10 do s = s:gsub(".", "%0%0%0%0") end
