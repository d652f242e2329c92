-- stopped: runtime
local key = "re" .. "p"
string[key] = nil
