-- stopped: syntax
local e = 1
if e then goto out end
local x
::out:: e = 2 ::out::
