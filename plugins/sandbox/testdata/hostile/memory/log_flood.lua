-- stopped: memory budget runtime
while true do log.info(("x"):rep(60000)) end
