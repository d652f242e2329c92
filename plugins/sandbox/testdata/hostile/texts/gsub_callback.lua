-- stopped: budget
while true do string.gsub(("a"):rep(60000), "a", function(x) return x end) end
