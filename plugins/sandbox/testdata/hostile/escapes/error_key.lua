-- stopped: runtime
local t
return t[("很长的键"):rep(4000)]
