-- stopped: budget
return string.find(("a"):rep(100000), "(a+)%1%1x")
