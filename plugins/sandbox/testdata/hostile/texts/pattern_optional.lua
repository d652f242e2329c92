-- stopped: budget
return string.find(("a"):rep(24), ("a?"):rep(24) .. ("a"):rep(24) .. "b")
