assert(math.floor(3.7) == 3 and math.ceil(3.2) == 4 and math.abs(-2) == 2 and math.max(1, 5, 3) == 5 and math.min(4, 2) == 2)
assert(math.sqrt(16) == 4 and math.fmod(7, 3) == 1 and math.pow(2, 10) == 1024 and math.huge == 1 / 0 and math.pi > 3.14)
assert(select(2, math.modf(3.25)) == 0.25 and math.ldexp(1, 4) == 16 and math.deg(math.pi) == 180)
for _ = 1, 100 do
  local r, n, m = math.random(), math.random(6), math.random(-3, 3)
  assert(r >= 0 and r < 1 and n >= 1 and n <= 6 and n == math.floor(n) and m >= -3 and m <= 3)
end
assert(not pcall(math.random, 0)); assert(not pcall(math.random, 2, 1)); assert(not pcall(math.random, 0 / 0)); assert(not pcall(math.randomseed, 1))
assert(not pcall(math.floor, "x")); assert(math.floor("3.5") == 3)
