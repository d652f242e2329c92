-- stopped: runtime
assert(not pcall(function() return _VERSION["(charge)"] end))
assert(not pcall(function() return string["(set)"] end))
local env = setmetatable({}, { __index = string })
local f = env.missing
f(-1e9)
