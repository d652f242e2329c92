-- stopped: runtime
local function outer() return getfenv(2) end
local function inner() return outer() end
return inner().string
