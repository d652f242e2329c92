-- stopped: runtime
return string.byte(("a"):rep(60000), 1, -1)
