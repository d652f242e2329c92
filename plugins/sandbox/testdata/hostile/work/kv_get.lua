-- stopped: budget memory runtime
while true do kv.get("nothing") end
