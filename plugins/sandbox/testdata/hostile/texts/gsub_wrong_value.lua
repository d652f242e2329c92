-- stopped: runtime
return (("a"):gsub("a", function() return {} end))
