return flow {
  name = "variants", triggers = { text = "in" }, first = "offer",
  variants = {
    price = { a = 50, b = -1 },
    tone = { kind = 0, salt = "x" },
    holdout = { a = 1 },
    [1] = { a = 1 },
    when = 5,
    shop = { a = "many", { b = 1 }, salt = "" },
  },
  holdout = { state = "control", shares = 10 },
  states = { offer = { on = { text = { out = "done" } } }, done = { final = true } },
}
