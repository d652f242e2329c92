assert(text.trim("  a b\n　") == "a b" and text.trim("") == "")
assert(table.concat(text.split("a,b,,c", ","), "|") == "a|b||c" and table.concat(text.split("  a b\tc "), "|") == "a|b|c" and #text.split("") == 0 and #text.split("", ",") == 1)
assert(text.fold("　ＡＢＣ１２３！ ") == "abc123!" and text.fold("领券") == "领券")
assert(text.length("中文a") == 3 and text.sub("中文abc", 2, 3) == "文a" and text.sub("中文", -1) == "文" and text.sub("中文", 3) == "" and text.sub("中文", 0, 10) == "中文" and text.sub("中文", 1, -2) == "中")
assert(text.contains("a.b", ".") and not text.contains("ab", ".") and text.starts("券码", "券") and text.ends("券码", "码") and not text.ends("a", "ab"))
assert(text.replace("a.b.c", ".", "-") == "a-b-c")
assert(not pcall(text.replace, "a", "", "x")); assert(not pcall(text.replace, ("a"):rep(1000), "a", ("b"):rep(1000))); assert(not pcall(text.trim, {}))
assert(text.width("ＡＢＣ　１２３，！", "narrow") == "ABC 123,!" and text.width("ABC 123,!~", "wide") == "ＡＢＣ　１２３，！～" and text.width("中文", "wide") == "中文")
assert(text.width(text.width("~ !", "wide"), "narrow") == "~ !" and text.width("", "wide") == "")
assert(not pcall(text.width, "a")); assert(not pcall(text.width, "a", "half"))
assert(text.escape_html([[<a href="x" onclick='y'>&</a>]]) == "&lt;a href=&#34;x&#34; onclick=&#39;y&#39;&gt;&amp;&lt;/a&gt;" and text.escape_html("中文 1<2") == "中文 1&lt;2" and text.escape_html("") == "")
assert(text.greeting() == "晚上好" and text.greeting(time.at("9:00")) == "上午好")
for clock, says in pairs({ ["00:00"] = "晚上好", ["4:59"] = "晚上好", ["5:00"] = "早上好", ["8:59"] = "早上好", ["9:00"] = "上午好", ["11:00"] = "中午好", ["12:59"] = "中午好", ["13:00"] = "下午好", ["17:59"] = "下午好", ["18:00"] = "晚上好", ["23:59"] = "晚上好" }) do
  assert(text.greeting(time.at("+1d " .. clock)) == says, clock)
end
assert(not pcall(text.greeting, "10:00")); assert(not pcall(text.greeting, 0 / 0)); assert(not pcall(text.greeting, 1e300)); assert(not pcall(text.greeting, {}))
for n, s in pairs({ [0] = "零", [5] = "五", [10] = "十", [12] = "十二", [20] = "二十", [100] = "一百", [101] = "一百零一", [110] = "一百一十", [320] = "三百二十", [1005] = "一千零五", [2000] = "二千",
  [10000] = "一万", [10005] = "一万零五", [10010] = "一万零一十", [15000] = "一万五千", [100000] = "十万", [123456] = "十二万三千四百五十六", [1e8] = "一亿", [100500000] = "一亿零五十万", [150000000] = "一亿五千万",
  [1e12] = "一万亿", [1234567890123] = "一万二千三百四十五亿六千七百八十九万零一百二十三", [-7] = "负七", [-10] = "负十" }) do
  assert(text.chinese(n) == s, text.chinese(n)); assert(text.number(s) == n, s)
end
for _, bad in ipairs({ 1.5, 1e16, -1e16, 0 / 0, 1 / 0, "x", {} }) do assert(not pcall(text.chinese, bad), tostring(bad)) end
for s, n in pairs({ ["320"] = 320, ["３２０"] = 320, [" 12 "] = 12, ["-3.5"] = -3.5, ["+4"] = 4, [".5"] = 0.5, ["1,000,000"] = 1000000, ["1.5万"] = 15000, ["1.1万"] = 11000, ["3千"] = 3000, ["2.5亿"] = 250000000, ["3千万"] = 30000000, ["007"] = 7,
  ["三百二"] = 320, ["三百零二"] = 302, ["三千五"] = 3500, ["一万五"] = 15000, ["一万零五"] = 10005, ["一亿五"] = 150000000, ["两千零五"] = 2005, ["两百五十"] = 250, ["一百十五"] = 115, ["十五"] = 15, ["壹佰贰拾叁"] = 123, ["贰萬"] = 20000,
  ["二〇二六"] = 2026, ["一三八"] = 138, ["〇"] = 0, ["负三"] = -3, ["三点五"] = 3.5, ["零点二五"] = 0.25, ["十点零五"] = 10.05, ["三万亿"] = 3e12, ["十万"] = 100000, ["二十万三"] = 203000 }) do
  assert(text.number(s) == n, s .. " is " .. tostring(text.number(s)))
end
for _, bad in ipairs({ "", " ", "中", "三个", "第三", "百", "万", "万三", "三百四百", "十百", "三十四五", "一百零零一", "一百零", "零百", "三万四万", "三亿四亿", "一万二万", "点五", "三点", "三点十", "负", "负负三", "负零", "1.", "1.2.3", "1,00", ",1", "1e5", "0x10", "inf", "nan", "一二百", "3万5", "--1", "+", "-", ".", "一万亿亿", "零零万", ("一"):rep(50), ("9"):rep(400) }) do
  assert(text.number(bad) == nil, bad .. " is " .. tostring(text.number(bad)))
end
for n = 0, 3000 do assert(text.number(text.chinese(n)) == n) end
assert(not pcall(text.number)); assert(not pcall(text.number, {})); assert(text.number(12) == 12)
assert(not pcall(text.escape_html, ("&"):rep(60000))); assert(not pcall(function() return text.width(("a"):rep(60000) .. ("a"):rep(30000), "wide") end))
