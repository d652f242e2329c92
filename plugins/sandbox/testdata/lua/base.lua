assert(select("#") == 0 and select("#", nil, nil) == 2)
assert(select(2, "a", "b", "c") == "b" and select(-1, "a", "b") == "b")
assert(not pcall(select, 0))
assert(tonumber("0x10") == 16 and tonumber(" 1e3 ") == 1000 and tonumber("10", 2) == 2 and tonumber("-7") == -7 and tonumber("0.5") == 0.5)
assert(tonumber("nan") == nil and tonumber("inf") == nil and tonumber("1_000") == nil and tonumber("") == nil and tonumber({}) == nil and tonumber("z", 36) == 35)
assert(tostring(1) == "1" and tostring(0.1 + 0.2) == "0.3" and tostring(1e15) == "1e+15" and tostring(-0.5) == "-0.5")
assert(tostring(nil) == "nil" and tostring(true) == "true" and tostring(1 / 0) == "inf")
local t = {}
assert(tostring(t) == "table: 1" and tostring(print) == "function: 2" and tostring(t) == "table: 1")
assert(tostring(setmetatable({}, { __tostring = function() return "me" end })) == "me")
assert(not pcall(tostring))
assert(type(string) == "userdata" and type(nil) == "nil" and type(print) == "function")

local ok, e = pcall(error, "x", 0)
assert(not ok and e == "x")
ok, e = pcall(error, { code = 7 })
assert(not ok and e.code == 7)
ok, e = pcall(function() error("here") end)
assert(e == "base.lua:18: here", e)
ok, e = pcall(function() local n; return n.x end)
assert(not ok and e:find("nil", 1, true))
assert(select("#", pcall(function() return 1, nil, nil end)) == 4)
assert(select(2, xpcall(function() error("oops", 0) end, function(m) return "handled " .. m end)) == "handled oops")
assert(select(2, xpcall(function(a) return a end, print, 5)) == 5)
ok, e = pcall(assert, false, "why")
assert(e:find("why$"))
ok, e = pcall(assert, nil)
assert(e:find("assertion failed"))
assert(select("#", assert(1, 2, 3)) == 3)
assert(pcall(pcall, error))

local seen = {}
for k, v in pairs({ 10, 20, x = 30, y = 40 }) do seen[#seen + 1] = k .. "=" .. v end
assert(table.concat(seen, " ") == "1=10 2=20 x=30 y=40")
local sum = 0
for i, v in ipairs({ 1, 2, nil, 4 }) do sum = sum + i * v end
assert(sum == 5)
local walked = setmetatable({}, { __pairs = function() return function(_, k) if not k then return 1, 2 end end, nil, nil end })
for k, v in pairs(walked) do assert(k == 1 and v == 2) end
assert(next({}) == nil and next({ 5 }) == 1)
local del = { a = 1, b = 2, c = 3 }
for k in pairs(del) do del[k] = nil end
assert(next(del) == nil)
assert(rawequal(t, t) and not rawequal(t, {}) and rawget({ 5 }, 1) == 5)
assert(getmetatable("") == "locked" and getmetatable(string) == "locked" and getmetatable({}) == nil)

for _, name in ipairs({ "_G", "collectgarbage", "coroutine", "debug", "dofile", "getfenv", "io", "load", "loadfile", "loadstring", "module",
  "newproxy", "os", "package", "rawset", "setfenv", "_printregs", "channel" }) do
  local here = { _G = _G, collectgarbage = collectgarbage, coroutine = coroutine, debug = debug, dofile = dofile, getfenv = getfenv, io = io, load = load,
    loadfile = loadfile, loadstring = loadstring, module = module, newproxy = newproxy, os = os, package = package, rawset = rawset, setfenv = setfenv,
    _printregs = _printregs, channel = channel }
  assert(here[name] == nil, name)
end
