-- stopped: budget memory
local keep = {}
local function make() return { 1, 2, 3, a = 1, b = { c = {} } } end
while true do keep[#keep + 1] = make() end
