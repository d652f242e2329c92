local d = geo.distance(31.2235, 121.4457, 31.1954, 121.4368)
assert(d > 3200 and d < 3300, d)
assert(geo.distance(0, 0, 0, 0) == 0 and geo.distance(0, 0, 0, 180) > 20000000)
local shops = { { name = "a", latitude = 31.2, longitude = 121.4 }, { name = "b", latitude = 31.3, longitude = 121.5 } }
local shop, metres = geo.nearest(shops, 31.29, 121.5)
assert(shop.name == "b" and metres > 1000 and metres < 1200)
assert(geo.nearest({}, 0, 0) == nil)
assert(not pcall(geo.nearest, { 1 }, 0, 0)); assert(not pcall(geo.nearest, { {} }, 0, 0)); assert(not pcall(geo.distance, 1, 2, 3))
