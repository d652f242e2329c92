-- stopped: runtime
assert(not pcall(function() return _VERSION["(charge)"] end), "ESCAPED")
assert(not pcall(function() return string["(set)"] end), "ESCAPED")
local env = setmetatable({}, { __index = string })
local f = env.missing
f(-1e9)
