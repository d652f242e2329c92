return flow {
  name = "fine",
  triggers = { subscribe = true },
  first = "start",
  states = { start = { final = true, enter = { reply = "hello" } } },
}
