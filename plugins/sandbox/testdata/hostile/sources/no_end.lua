-- stopped: syntax
local function f()
  if true then
