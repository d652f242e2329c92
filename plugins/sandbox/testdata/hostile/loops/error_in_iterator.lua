-- stopped: budget memory
while true do pcall(function() for _ in function() error("x") end do end end) end
