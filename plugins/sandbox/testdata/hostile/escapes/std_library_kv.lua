-- stopped: runtime
kv.get = function() return "patched" end
