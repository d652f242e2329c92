-- stopped: budget
return string.find(("a"):rep(2000), ".-.-.-b")
