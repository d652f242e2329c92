-- stopped: runtime
table.sort(string)
