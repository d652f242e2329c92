-- stopped: budget memory
while true do (("a"):rep(1000)):gsub("()", "%1") end
