-- stopped: budget memory
local s, keep = ("a"):rep(1000), {}
while true do keep[#keep + 1] = s .. #keep end
