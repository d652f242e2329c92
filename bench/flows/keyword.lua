-- A keyword that is answered by data alone: no Lua runs when a fan writes.
return flow {
  name     = "keyword",
  triggers = { text = { "1" } },
  first    = "open",
  states   = {
    open = {
      enter = { reply = "我们每天 10:00 至 22:00 营业。" },
      on    = { text = { ["1"] = { reply = "我们每天 10:00 至 22:00 营业。" } } },
    },
  },
}
