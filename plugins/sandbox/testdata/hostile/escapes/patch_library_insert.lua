-- stopped: runtime
table.insert(string, 1)
