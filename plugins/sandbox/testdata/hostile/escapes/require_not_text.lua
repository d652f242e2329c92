-- stopped: runtime
return require({})
