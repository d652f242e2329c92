-- stopped: memory budget
while true do tostring(function() end) end
