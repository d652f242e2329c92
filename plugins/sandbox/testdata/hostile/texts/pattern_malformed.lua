-- stopped: runtime
while true do ("x"):find("[a") end
