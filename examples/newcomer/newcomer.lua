-- Newcomers from the posters in the shops: which offer sells better, and does any of it sell more than nothing? Nine of ten
-- see one of two offers, the tenth sees none and is only watched. Whoever buys is through at once, wherever they wait.
return flow {
  name     = "newcomer",
  title    = "新客优惠测试",
  triggers = { scan = { "xinke-*" }, text = { "新客优惠" } },
  limit    = { all = 5000, day = 300 },
  variants = { offer = { MANJIAN = 50, MIANYOU = 50 } },    -- weights can be edited; nobody is shuffled
  holdout  = { share = 10, state = "watched" },
  exit     = { unsubscribe = true, webhook = { ["order.paid"] = "bought" } },
  first    = "offer",
  funnel   = { "offer", "coupon", "bought" },

  states = {
    offer = {
      enter = { case = {
        { when = { variant = { offer = "MANJIAN" } }, tag = "新客", reply = "欢迎!新客专享:满 99 减 20。回复「领取」拿券。" },
        { tag = "新客", reply = "欢迎!新客专享:首单免邮。回复「领取」拿券。" },
      } },
      on    = { text = { ["领取|领券|要"] = "coupon" } },
      at    = { ["+1d 10:00"] = { send = { text = "新客优惠还为您留着,回复「领取」就好。", key = "reminder" }, late = "skip" } },
      after = { ["14d"] = "lost" },
    },

    coupon = {
      enter = {
        claim   = { key = "newcomer", limit = 2000, set = "vars.unit", none = "soldout" },
        variant = "offer",                        -- into vars.offer
        cancel  = "reminder",
        reply   = "您的券码:${vars.offer}-${vars.unit},14 天内有效。",
        goal    = "issued",
      },
      after = { ["14d"] = "lost" },
    },

    watched = { after = { ["28d"] = "lost" } },

    bought  = { final = true, goal = "bought" },
    soldout = { final = true, enter = { reply = "券已领完,欢迎到店看看。" } },
    lost    = { final = true },
  },
}
