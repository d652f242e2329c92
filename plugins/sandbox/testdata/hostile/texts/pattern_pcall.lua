-- stopped: budget
while true do pcall(string.find, ("a"):rep(2000), ".-.-.-b") end
