-- stopped: runtime
error(error)
