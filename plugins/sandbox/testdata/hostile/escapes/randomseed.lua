-- stopped: runtime
math.randomseed(1)
