-- stopped: runtime
return table.concat(string)
