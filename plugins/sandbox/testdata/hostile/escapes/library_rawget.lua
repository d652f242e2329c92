-- stopped: runtime
return rawget(table, "insert")
