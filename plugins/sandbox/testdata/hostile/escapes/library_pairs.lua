-- stopped: runtime
for name, f in pairs(math) do error(name) end
