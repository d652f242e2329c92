local function same(...)
  local n = select("#", ...) / 2
  for i = 1, n do
    local got, want = select(i, ...), select(i + n, ...)
    if got ~= want then error("value " .. i .. " is " .. tostring(got) .. ", want " .. tostring(want), 2) end
  end
end

same(("abc"):sub(2), "bc"); same(("abc"):sub(-2, -1), "bc"); same(("abc"):sub(0), "abc"); same(("abc"):sub(3, 2), ""); same(("abc"):sub(-10, 10), "abc")
same(("abc"):byte(), 97); same(select("#", ("abc"):byte(10)), 0); same(("abc"):byte(-1), 99); same(select("#", ("abc"):byte(1, -1)), 3)
same(string.char(72, 105), "Hi"); same(("x"):rep(3), "xxx"); same(("x"):rep(0), ""); same(("x"):rep(-1), ""); same(("abc"):reverse(), "cba")
same(("ÀB"):lower(), "àb"); same(("éa"):upper(), "ÉA"); same(("中"):len(), 3)

same(("hello world"):find("wor"), 7); same(("a.b"):find(".", 1, true), 2); same(("abc"):find("b", -1), nil); same(("abc"):find(""), 1)
same(("abc"):find("", 10), nil); same(("abc"):find("", 4), 4)
same(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), "key"); same(select(2, ("key = value"):match("^(%w+)%s*=%s*(%w+)$")), "value")
same(("  trim  "):match("^%s*(.-)%s*$"), "trim"); same(("abc"):match("()b()"), 2); same(("abc"):match("z"), nil)
same(("2026-11-02"):match("(%d+)-(%d+)-(%d+)"), "2026"); same(("f(a(b)c)d"):match("%b()"), "(a(b)c)"); same(("abab"):match("(ab)%1"), "ab")
same(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower), "the (quick) fox"); same(("[x]"):match("%[(.-)%]"), "x"); same(("a]b"):match("[]]"), "]")
same(("a-b"):match("[a%-]+"), "a-"); same(("x^y"):match("[%^y]+"), "^y"); same(("abc123"):match("[^%d]+"), "abc"); same(("é"):match("[\128-\255]+"), "é")
same(("$5"):match("%$(%d)"), "5"); same(("a$"):match("a$"), nil); same(("a$"):match("a%$$"), "a$"); same(("aaa"):match("a-$"), "aaa"); same(("aaa"):match("^a-"), "")
same(("\0a"):match("%z"), "\0"); same(("x1F"):match("%x+"), "1F"); same(("a,b"):match("%p"), ","); same(("tEst"):match("%u%l+"), "Est")
same(("ab"):match("^(a?)(b?)(c?)$"), "a"); same(("aXb"):match("a(.*)b"), "X"); same(("领券 3 张"):match("领券%s*(%d+)"), "3")

same(("hello"):gsub("l", "L"), "heLLo"); same(select(2, ("hello"):gsub("l", "L")), 2); same(("hello"):gsub("l", "L", 1), "heLlo"); same(("abc"):gsub("", "-"), "-a-b-c-")
same(("abc"):gsub("%w", "%0%0"), "aabbcc"); same(("abc"):gsub("%w", "%%"), "%%%"); same(("a b"):gsub("(%w) (%w)", "%2 %1"), "b a")
same(("$name is $age"):gsub("%$(%w+)", { name = "Li", age = 3 }), "Li is 3"); same(("abc"):gsub("b", function() return nil end), "abc"); same(("abc"):gsub("b", false and 1 or "x"), "axc")
same(("abc"):gsub("^a", "x"), "xbc"); same(("aaa"):gsub("^a", "x"), "xaa"); same(("abc"):gsub("(b)", "[%1]"), "a[b]c"); same(("a.b"):gsub("%.", "%%"), "a%b")
local words = {}
for w in ("one two  three"):gmatch("%a+") do words[#words + 1] = w end
same(table.concat(words, ","), "one,two,three")
local pairsSeen = {}
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do pairsSeen[#pairsSeen + 1] = k .. v end
same(table.concat(pairsSeen, ","), "a1,b2")
local empties = 0
for _ in ("abc"):gmatch("") do empties = empties + 1 end
same(empties, 4)

for _, bad in ipairs({ "[a", "%", "(a", "a())", "%b", "%bx", "%f", "%1", "(a%1)", "[%", "(" }) do
  local ok, e = pcall(string.find, "abc", bad .. "")
  assert(not ok and (e:find("malformed pattern", 1, true)), bad .. ": " .. tostring(e))
end
assert(not pcall(string.gsub, "a", "a", "%2"))
assert(not pcall(string.gsub, "a", "a", function() return {} end))

same(string.format("%5.2f|%-5s|%5s|%d|%x|%X|%o|%c|%%", 3.14159, "ab", "cd", 42, 255, 255, 8, 65), " 3.14|ab   |   cd|42|ff|FF|10|A|%")
same(string.format("%q", 'a"b\\\n'), '"a\\"b\\\\\\\n"'); same(string.format("%05d|%+d|% d", 42, 42, 42), "00042|+42| 42"); same(string.format("%g %g %g", 1e20, 0.1, 100), "1e+20 0.1 100")
same(string.format("%.3s|%s|%s", "abcdef", nil, true), "abc|nil|true"); same(string.format("%e", 12345.678), "1.234568e+04"); same(string.format("%i%u", 1.9, 2), "12"); same(string.format("%.0f", 2.5), "2")
same(string.format("%s", setmetatable({}, { __tostring = function() return "me" end })), "me"); same(string.format("%d", "10"), "10")
for _, bad in ipairs({ "%", "%y", "%123d", "%1.123f", "%l" }) do assert(not pcall(string.format, bad, 1), bad) end
assert(not pcall(string.format, "%d")); assert(not pcall(string.format, "%d", "x")); assert(not pcall(string.format, "%d", 1e300))
