-- Our shops, and which one is nearest to a place. Replace the list by your own.
local shops = {
  { name = "静安寺店", latitude = 31.2235, longitude = 121.4457 },
  { name = "徐家汇店", latitude = 31.1954, longitude = 121.4368 },
  { name = "陆家嘴店", latitude = 31.2382, longitude = 121.5023 },
  { name = "五角场店", latitude = 31.3003, longitude = 121.5144 },
}

local M = { name = "shops", version = "1.0" }

--- The shop nearest to a place given in degrees: { name, latitude, longitude, metres }.
function M.nearest(latitude, longitude)
  local best
  for _, shop in ipairs(shops) do
    local metres = geo.distance(latitude, longitude, shop.latitude, shop.longitude)
    if not best or metres < best.metres then
      best = { name = shop.name, latitude = shop.latitude, longitude = shop.longitude, metres = metres }
    end
  end
  return best
end

return M
