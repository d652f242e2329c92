return {
  name = "plain",
  --- Adds two numbers.
  add = function(a, b) return a + b end,
  permissions = { kv = {} },
}
