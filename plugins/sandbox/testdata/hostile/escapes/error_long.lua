-- stopped: runtime
error(("很长"):rep(9000))
