-- stopped: budget memory
while true do pcall(error, {}) end
