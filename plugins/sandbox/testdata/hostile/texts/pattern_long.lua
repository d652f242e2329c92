-- stopped: runtime
return ("x"):find(("a?"):rep(600))
