-- stopped: runtime
error()
