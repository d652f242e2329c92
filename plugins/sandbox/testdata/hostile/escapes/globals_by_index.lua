-- stopped: runtime
local env = setmetatable({}, { __index = function(_, k) return k end })
assert(env.string == "string", "ESCAPED")
return env["(charge)"](-1e9)
