-- stopped: runtime
return unpack(string)
