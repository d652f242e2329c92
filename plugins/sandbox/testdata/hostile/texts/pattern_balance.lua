-- stopped: budget
return string.find(("("):rep(60000), "%b()")
