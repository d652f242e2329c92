-- stopped: budget
return (("ab"):rep(10000)):find("(.-)(.-)%1%2%1%2x")
