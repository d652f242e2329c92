-- stopped: memory budget
local keep, k = {}, 0
while true do k = k + 1; keep = { [k] = keep, [k .. "a"] = 1, [k + 0.5] = 2 } end
