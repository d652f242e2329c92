-- What the rewriting of programs must not change.
local t = { 1, 2, 3, a = 1, ["b"] = 2, [10] = 3 }
assert(t.a == 1 and t.b == 2 and t[10] == 3)

-- assignments: all parts are computed before anything is assigned
local a, b = 1, 2
a, b = b, a
assert(a == 2 and b == 1)
local c = 3
a, b, c = c, a, b
assert(a == 3 and b == 2 and c == 1)
a, b = a + b, a
assert(a == 5 and b == 3)
do local a, b = b, a; assert(a == 3 and b == 5) end
a, b, c = 1
assert(a == 1 and b == nil and c == nil)
a = 1, 2
assert(a == 1)
local function swap(p, q) p, q = q, p; return p, q end
a, b = swap(1, 2)
assert(a == 2 and b == 1)
local up1, up2 = 1, 2
local function swapUp() up1, up2 = up2, up1 end
swapUp()
assert(up1 == 2 and up2 == 1)
local list = { 1, 2, 3 }
list[1], list[3] = list[3], list[1]
assert(list[1] == 3 and list[3] == 1)
local i = 1
i, list[i] = i + 1, 20
assert(i == 2 and list[1] == 20)
local function two() return 1, 2 end
local x = {}
x.a, x.b, x.c = two()
assert(x.a == 1 and x.b == 2 and x.c == nil)
x.a, x.b = (two())
assert(x.a == 1 and x.b == nil)
x.a = two()
assert(x.a == 1)
local function va(...) local r = {}; r.n, r[1] = select("#", ...), ...; return r end
assert(va(7, 8).n == 2 and va(7, 8)[1] == 7)
x.y = { z = {} }
x.y.z.w = function() return "deep" end
assert(x.y.z.w() == "deep")

-- evaluation order of a single assignment: object, key, value
local order = {}
local function note(v, r) order[#order + 1] = v; return r end
note("o", x)[note("k", "key")] = note("v", 1)
assert(table.concat(order) == "okv")

-- concatenation
assert("a" .. 1 .. 2.5 .. "é" == "a12.5é")
assert(1 .. "" == "1")
local long = "x" .. 1 .. 2 .. 3 .. 4 .. 5 .. 6 .. 7 .. 8 .. 9 .. 10 .. 11 .. 12 .. 13 .. 14 .. 15 .. 16 .. 17 .. 18 .. 19 .. 20 .. 21 .. 22 .. 23
  .. 24 .. 25 .. 26 .. 27 .. 28 .. 29 .. 30 .. 31 .. 32 .. 33 .. 34 .. 35 .. 36 .. 37 .. 38 .. 39 .. 40 .. 41 .. 42 .. 43 .. "y"
assert(#long == 2 + 9 + 34 * 2)
local cat = setmetatable({}, { __concat = function(l, r)
  return (type(l) == "table" and "T" or l) .. "+" .. (type(r) == "table" and "T" or r)
end })
assert(cat .. "x" == "T+x" and "x" .. cat == "x+T")
assert("a" .. "b" .. cat .. "c" .. "d" == "abT+cd")
local function three() return "1", "2", "3" end
assert("a" .. three() == "a1")
assert(select("#", "a" .. three()) == 1)
local function tail() return "a" .. "b" end
assert(select("#", tail()) == 1)

-- constructors with open ends and computed keys
local function pack(...) return { ... } end
assert(#pack(1, 2, 3) == 3 and #pack() == 0)
assert(#{ three() } == 3 and #{ three(), three() } == 4 and #{ (three()) } == 1)
local fifty = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
  34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, name = tostring(9) }
assert(fifty[1] == 1 and fifty[50] == 50 and fifty.name == "9")
local open = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
  34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, three(), name = tostring(9) }
assert(#open == 51 and open[51] == "1" and open.name == "9")

-- length
assert(#"中文" == 6 and #{} == 0)

-- loops, closures, goto, repeat
local fs = {}
for n = 1, 3 do fs[n] = function() return n end end
assert(fs[1]() == 1 and fs[3]() == 3)
local n = 0
repeat local done = n == 3; n = n + 1 until done
assert(n == 4)
for k = 1, 3 do
  if k == 2 then goto continue end
  n = n + k
  ::continue::
end
assert(n == 8)
local function fact(k) return k <= 1 and 1 or k * fact(k - 1) end
assert(fact(10) == 3628800)
local M = {}
function M.f(v) return v * 2 end
function M:g(v) self.last = v; return self.f(v) end
assert(M.f(2) == 4 and M:g(3) == 6 and M.last == 3)
local function outer() local up = {}; local function inner() up.v = (up.v or 0) + 1; return up.v end; return inner end
local inner = outer()
inner()
assert(inner() == 2)

-- metatables
local log = {}
local proxy = setmetatable({}, { __index = function(_, k) return k .. "!" end, __newindex = function(t, k, v) log[#log + 1] = k .. "=" .. v; rawequal(t, t) end })
proxy.a = 1
assert(proxy.b == "b!" and log[1] == "a=1" and rawget(proxy, "a") == nil)
local base = setmetatable({}, { __newindex = log })
base.x = "kept"
assert(log.x == "kept" and rawget(base, "x") == nil)
assert(not pcall(setmetatable, setmetatable({}, { __metatable = "locked" }), {}))
