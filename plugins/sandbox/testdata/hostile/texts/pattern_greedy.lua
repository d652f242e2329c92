-- stopped: budget
return (("a"):rep(20000)):find("a*a*a*b")
