-- stopped: budget memory
while true do local _ = time.format("%F %T %A %B %j %z") end
