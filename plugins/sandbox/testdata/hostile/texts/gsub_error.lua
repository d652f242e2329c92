-- stopped: budget memory
while true do pcall(string.gsub, ("a"):rep(1000), ".", function() error("x") end) end
