return flow {
  name = "fields",
  titel = "misspelt",
  again = "soon",
  priority = "high",
  triggers = { subscribe = { "x" }, shout = true, text = { "Hi", "hi " } },
  first = "a",
  funnel = { "a", "nowhere", "a" },
  states = {
    a = {
      enter = { repyl = "x", reply = 7 },
      on = {
        text = {
          ["1"] = "b",
          ["1"] = "c",
          yes = { reply = "${var.x}" },
          [2] = "b",
          no = { run = function() end, reply = "x" }, maybe = { case = { { reply = "y" } }, tag = "x" },
        },
        image = 5,
      },
      after = { ["1 day"] = "b", ["0s"] = "b" },
      leave = { to = "b" },
    },
    b = { final = true, after = { ["1d"] = "a" }, enter = { template = { name = "T", purpose = "campaign" }, set = "x" } },
    c = "text",
  },
}
