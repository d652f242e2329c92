-- stopped: budget
return string.find(("a"):rep(5000), "(a*)(a*)(a*)(a*)b")
