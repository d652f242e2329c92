return flow {
  name = "graph",
  first = "start",
  states = {
    start = { on = { text = { go = "stat", ["*"] = { run = function() return "found" end, to = "found" } } } },
    found = { final = true, enter = { to = "start" } },
    lost = { enter = { reply = "nobody comes here" } },
  },
}
