-- stopped: syntax
--[=====[ never closed ]====] ]===]
return 1
