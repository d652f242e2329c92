-- stopped: runtime
table.remove(math)
