-- stopped: budget memory runtime
local t = { 3, 2, 1 }
table.sort(t, function(a, b) t[#t + 1] = 1; while #t > 1000 do end return a < b end)
while true do end
