-- stopped: runtime
return ("x"):find(("("):rep(33))
