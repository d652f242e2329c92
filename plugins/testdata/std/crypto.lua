assert(crypto.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
assert(crypto.hmac_sha256("key", "The quick brown fox jumps over the lazy dog") == "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8")
assert(crypto.base64("hello") == "aGVsbG8=" and crypto.base64_decode("aGVsbG8=") == "hello" and crypto.base64_decode("*") == nil)
