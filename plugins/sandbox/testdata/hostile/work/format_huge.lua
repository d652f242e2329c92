-- stopped: budget memory
while true do local _ = ("%.99f%.99g%.99e"):format(1e308, 1e-308, 1e308) end
