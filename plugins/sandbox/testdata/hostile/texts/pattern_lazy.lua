-- stopped: budget
return (("a"):rep(3000)):find("a-b-c-d-e-$x")
