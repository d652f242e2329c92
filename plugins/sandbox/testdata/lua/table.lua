local s = { 5, 2, 8, 1 }
table.sort(s)
assert(table.concat(s, ",") == "1,2,5,8")
table.sort(s, function(a, b) return a > b end)
assert(table.concat(s, ",") == "8,5,2,1")
local names = { "b", "a", "c" }
table.sort(names)
assert(table.concat(names) == "abc")
assert(not pcall(table.sort, { 1, "a" }))
table.insert(s, 1, 9)
table.insert(s, 7)
assert(table.concat(s, ",") == "9,8,5,2,1,7")
assert(table.remove(s) == 7 and table.remove(s, 1) == 9 and #s == 4 and table.remove(s, 10) == nil and table.remove({}) == nil)
local holes = { 1, 2, 3 }
holes[3] = nil
assert(table.remove(holes) == 2 and #holes == 1)
assert(not pcall(table.insert, s, 10, 1)); assert(not pcall(table.insert, s, 0, 1)); assert(not pcall(table.insert, s))
assert(table.concat({}) == "" and table.concat({ 1, 2.5, "x" }, "-") == "1-2.5-x" and table.concat({ 1, 2, 3 }, ",", 2, 3) == "2,3" and table.concat({ 1 }, ",", 2) == "")
assert(not pcall(table.concat, { 1, {} })); assert(not pcall(table.concat, { 1 }, "", 1, 2))
assert(select("#", unpack({ 1, 2, 3 })) == 3 and select("#", unpack({}, 1, 3)) == 3 and select("#", unpack({ 1 }, 2)) == 0)
assert(table.unpack({ 7 }) == 7 and table.getn({ 1, 2 }) == 2 and table.maxn({ 1, 2, [10] = 1, [2.5] = 1 }) == 10)
local big = {}
for i = 1, 10000 do big[i] = i end
assert(#big == 10000 and big[4500] == 4500)
for i = 10001, 12000 do table.insert(big, i) end
assert(#big == 12000 and big[12000] == 12000)
local far = {}
far[70000] = 1
assert(far[70000] == 1 and #far == 0)
