-- stopped: runtime
return unpack({}, 1, 1e15)
