-- stopped: budget
return string.find(("("):rep(100000), "%b()")
