-- stopped: runtime
setfenv(1, {})
