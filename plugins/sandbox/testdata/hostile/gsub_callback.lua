-- stopped: budget
while true do string.gsub(("a"):rep(100000), "a", function(x) return x end) end
