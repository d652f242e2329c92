-- stopped: syntax
local f = print
f() = 1
