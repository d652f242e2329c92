-- stopped: budget
return string.find(("a"):rep(60000), "(a+)%1%1x")
