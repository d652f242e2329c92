-- stopped: memory budget
while true do print(("x"):rep(60000)) end
