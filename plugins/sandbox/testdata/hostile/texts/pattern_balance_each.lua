-- stopped: budget
return (("("):rep(50000)):gsub("%b()", "")
