assert(json.encode({ b = 1, a = { true, "x<y" } }) == '{"a":[true,"x<y"],"b":1}')
assert(json.encode({}) == "{}" and json.encode(json.decode("[]")) == "[]" and json.encode("中") == '"中"' and json.encode(nil) == "null")
local v = json.decode('{"id": 24000000000000001, "n": 3, "list": [1, 2], "nothing": null}')
assert(v.id == "24000000000000001" and v.n == 3 and #v.list == 2 and v.nothing == nil)
assert(json.decode(" 1.5 ") == 1.5 and json.decode("null") == nil)
for _, bad in ipairs({ "", "{", "[1,]", "1 2", "nope", ("["):rep(40) .. ("]"):rep(40) }) do assert(not pcall(json.decode, bad), bad) end
assert(not pcall(json.encode, print)); assert(not pcall(json.encode, { 1, a = 2 })); assert(not pcall(json.encode, 1 / 0))
