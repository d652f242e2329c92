-- stopped: memory budget
while true do local _ = ("%99.99f"):format(1e300) end
