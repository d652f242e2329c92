-- stopped: budget
local n = 0
::a:: n = n + 1 goto c
::b:: goto a
::c:: if n > 0 then goto b end
