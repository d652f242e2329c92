-- stopped: budget
while true do for w in string.gmatch(("ab "):rep(1000), "%a+") do end end
