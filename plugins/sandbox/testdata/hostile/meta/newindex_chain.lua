-- stopped: budget memory
local store = {}
local t = setmetatable({}, { __newindex = store })
local i = 0
while true do i = i + 1; t["k" .. i] = i end
