-- stopped: runtime
local a, b = tostring({}), tostring(print)
assert(#a < 16 and #b < 16 and not a:find("0x", 1, true), "ESCAPED")
error(a .. b .. tostring(string) .. tostring(function() end))
