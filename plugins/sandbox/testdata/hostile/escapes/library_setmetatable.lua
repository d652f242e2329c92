-- stopped: runtime
setmetatable(math, {})
