-- stopped: runtime
rawset(_G, "x", 1)
