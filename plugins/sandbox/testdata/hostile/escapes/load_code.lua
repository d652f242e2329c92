-- stopped: runtime
loadstring("return 1")()
