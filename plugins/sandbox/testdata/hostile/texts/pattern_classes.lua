-- stopped: runtime budget memory
while true do (("a"):rep(500)):find(("%a"):rep(500) .. "$x") end
