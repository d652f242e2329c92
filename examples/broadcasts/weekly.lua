-- Every Monday at ten, a greeting to the fans who are new.
return broadcast {
  name     = "weekly",
  title    = "周一问候",
  cron     = "0 10 * * 1",
  missed   = "skip",
  audience = { tag = "新粉丝" },
  message  = { text = "新的一周,新品已上架。回复「营业时间」看看我们几点开门。" },
}
