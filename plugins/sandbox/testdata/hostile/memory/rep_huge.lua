-- stopped: runtime
return string.rep("a", 2e9)
