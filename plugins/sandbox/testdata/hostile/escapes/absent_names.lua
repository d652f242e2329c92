-- stopped: runtime
for _, name in ipairs { "collectgarbage", "coroutine", "debug", "dofile", "getfenv", "io", "load", "loadfile", "loadstring", "module",
  "newproxy", "os", "package", "rawset", "setfenv", "_G", "_ENV", "jit", "ffi", "channel" } do
  local ok = pcall(require, name)
  assert(not ok, "ESCAPED")
end
assert(io == nil and os == nil and debug == nil and coroutine == nil and _G == nil and string.dump, "ESCAPED")
