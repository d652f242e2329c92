-- Coupon codes: each goes to one fan, exactly, however many ask at once. kv.take hands out the numbers 1, 2, 3 … up to the
-- size of the pool and gives nil when none is left; the number is the fan's as soon as the decision is kept.
local pools = {
  spring = { prefix = "SPRING", size = 10 },
}

local M = { name = "stock", version = "1.0" }

--- A code from a pool, or nil when it is sold out.
function M.take(name)
  local pool = pools[name]
  if not pool then error("stock: there is no pool " .. tostring(name), 2) end
  local n = kv.take("stock:" .. name, pool.size)
  if not n then return nil end
  return string.format("%s-%04d", pool.prefix, n)
end

return M
