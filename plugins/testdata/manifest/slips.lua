local M = { name = "slips", titel = "Slips" }
M.hoks = { on_event = function() end }
M.permission = { hosts = {} }
M.orders = {}
M.hours = { 9, 18 }
M.file = "x"
function M.hook() return 1 end
return M
