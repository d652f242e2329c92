-- stopped: budget memory runtime
while true do kv.increment("n") end
