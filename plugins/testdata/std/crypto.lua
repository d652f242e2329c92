assert(crypto.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
assert(crypto.hmac_sha256("key", "The quick brown fox jumps over the lazy dog") == "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8")
assert(crypto.base64("hello") == "aGVsbG8=" and crypto.base64_decode("aGVsbG8=") == "hello" and crypto.base64_decode("*") == nil)
assert(crypto.hex("ab\0\255") == "616200ff" and crypto.hex_decode("616200FF") == "ab\0\255" and crypto.hex("") == "" and crypto.hex_decode("") == "")
for _, bad in ipairs({ "a", "zz", "61 62", "0x61" }) do assert(crypto.hex_decode(bad) == nil, bad) end
-- RFC 4231, test case 2, and the same in base64
local sum = crypto.hmac_sha256("Jefe", "what do ya want for nothing?")
assert(sum == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
assert(crypto.base64(crypto.hex_decode(sum)) == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=")
assert(crypto.base64("") == "" and crypto.base64_decode("") == "" and crypto.base64_decode("aGVsbG8") == nil)
assert(crypto.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
local a, b = crypto.random_token(8), crypto.random_token(8)
assert(#a == 8 and a ~= b and not (a .. b):find("[^A-HJKMNP-Z2-9]"), a .. b)
assert(#crypto.random_token(1) == 1 and #crypto.random_token(64) == 64)
for _, bad in ipairs({ 0, -1, 65, 1e9, "x", {} }) do assert(not pcall(crypto.random_token, bad)) end
for _, f in ipairs({ crypto.hex, crypto.hex_decode, crypto.sha256, crypto.base64 }) do assert(not pcall(f)); assert(not pcall(f, {})) end
