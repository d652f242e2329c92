-- stopped: runtime
for name in next, string do error(name) end
