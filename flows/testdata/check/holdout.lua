return flow {
  name = "holdout", triggers = { text = "in" }, first = "offer", funnel = { "offer", "control" },
  variants = { price = { a = 50, b = 50, salt = "2026" } },
  holdout = { share = 10, state = "control", salt = "autumn" },
  states = { offer = { on = { text = { out = "done" } } }, done = { final = true }, control = { on = { text = { out = "done" } } } },
}
