-- Opening hours by menu or keyword. All of it is plain data: no code runs for it.
return flow {
  name  = "help",
  title = "营业时间",
  triggers = {
    text  = { "营业时间", "几点开门" },
    click = { "HOURS" },
  },
  again = "0s",
  first = "hours",
  states = {
    hours = { final = true, enter = { reply = "我们每天 10:00 至 22:00 营业,欢迎光临。" } },
  },
}
