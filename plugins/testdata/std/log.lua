log.info("a", 1, nil, true); log.warn(); log.error("an error", {}); print("same as info")
assert(select("#", log.info("x")) == 0)
assert(not pcall(function() return log.debug end)); assert(not pcall(function() log.info = nil end))
assert(not pcall(log.info, setmetatable({}, { __tostring = function() return 1 end })))
