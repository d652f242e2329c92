-- A course in four messages for who asks for it: the first at once, the others in the morning, counted from the day on which the
-- fan came in. A drip is a flow: it has a funnel, whoever buys is through, and a new version moves the fans who are in it.
return drip {
  name     = "lessons",
  title    = "手冲咖啡四课",
  triggers = { text = { "咖啡课", "手冲课" } },
  again    = "180d",
  exit     = { unsubscribe = true, webhook = { "order.paid" } },
  late     = "09:00-21:00",                       -- what is late waits for these hours
  purpose  = "service",                           -- the fan has asked for it
  steps    = {
    { send = "第一课:先闻再磨。准备 15 克豆子,水温 92 度,明早十点见。", tag = "咖啡课学员" },
    { at = "+1d 10:00", send = "第二课:闷蒸 30 秒,让咖啡粉醒一醒。" },
    { at = "+3d 10:00", send = { title = "第三课:三段注水", description = "一分半钟的视频", url = "https://shop.example/lessons/3" } },
    { at = "+4d 10:00", when = { without = "老客" }, send = "还差一套器具?回复「新客优惠」看看为您留的券。" },
    { at = "+6d 10:00", send = "第四课:写下今天的味道。四课学完,您已经毕业啦!", goal = "graduated" },
  },
}
