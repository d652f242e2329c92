-- stopped: runtime budget memory
local function bad(e) error(e) end
while true do xpcall(bad, bad) end
