-- stopped: runtime
json.encode = function() return "patched" end
