-- stopped: budget memory
while true do (("abcdefgh"):rep(500)):gsub("(.)(.)(.)(.)", "%4%3%2%1") end
