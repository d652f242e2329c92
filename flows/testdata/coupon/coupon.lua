-- examples/coupon/coupon.lua
local shops = require "shops"                -- plugins
local stock = require "stock"

return flow {
  name  = "coupon",
  title = "新粉丝领券",
  triggers = {                               -- who gets in
    subscribe = true,
    scan      = { "store-*" },               -- parametric QR codes, by glob
    text      = { "领券", "coupon" },
  },
  again = "30d",                             -- may enter again 30 days after leaving; default: never
  first = "greet",
  funnel = { "greet", "coupon", "redeemed" },

  states = {
    greet = {
      enter = { reply = "欢迎!回复 1 领券,2 找门店。", tag = "新粉丝" },   -- plain data: no code needed
      on = {
        text = {
          ["1"] = "coupon",                  -- a transition
          ["2"] = "where",
          ["*"] = { reply = "请回复 1 或 2。" },                            -- stays here
        },
      },
      after = { ["1d"] = "nudge" },          -- a timer, durable
    },
    where = {
      enter = { reply = "请发送您的位置。" },
      on = { location = { run = function(fan, event)
        fan.vars.shop = shops.nearest(event.latitude, event.longitude).name
        return "coupon"
      end, to = { "coupon" } } },            -- declared, so that the graph is known without running it
    },
    coupon = {
      enter = { run = function(fan)
        local code = stock.take("spring")      -- a claim: each code goes to one fan, exactly; nil when none is left
        if not code then return "soldout" end
        fan.vars.code = code
        fan:reply("您的券码:" .. code .. ",7 天内到店可用。")
        fan:template("COUPON_EXPIRING", { thing1 = "春季新人券", time2 = time.date("+6d 22:00") },
                     { at = "+6d 10:00", expires = "12h" })
        fan:goal("issued")
      end, to = { "soldout" } },
      on    = { webhook = { ["order.paid"] = "redeemed" } },
      after = { ["7d"] = "left" },
    },
    nudge    = { enter = { send = "还没领券?回复 1 就好。" }, on = { text = { ["1"] = "coupon" } },
                 after = { ["2d"] = "left" } },
    redeemed = { final = true, goal = "redeemed" },
    soldout  = { final = true, enter = { reply = "券已领完,下次早点来哦。" } },
    left     = { final = true },
  },
}
