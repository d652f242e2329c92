-- stopped: memory
local keep, s = {}, ("x"):rep(60000)
while true do
  local _, e = pcall(error, s)
  keep[#keep + 1] = e
  local _, e = pcall(function() return (nil)[s] end)
  keep[#keep + 1] = e
end
