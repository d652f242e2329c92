-- stopped: budget
while true do end
