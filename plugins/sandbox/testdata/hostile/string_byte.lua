-- stopped: runtime
return string.byte(("a"):rep(200000), 1, -1)
