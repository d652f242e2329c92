-- stopped: runtime
print(setmetatable({}, { __tostring = function() return {} end }))
