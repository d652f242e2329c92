-- A coupon for new fans: who answers 1 gets a code, who sends a location gets one for the nearest shop, and a reminder
-- comes before it expires.
local shops = require "shops"
local stock = require "stock"

return flow {
  name  = "coupon",
  title = "新粉丝领券",
  triggers = {
    subscribe = true,
    scan      = { "store-*" },
    text      = { "领券", "coupon" },
  },
  again  = "30d",
  first  = "greet",
  funnel = { "greet", "coupon", "redeemed" },

  states = {
    greet = {
      enter = { reply = "欢迎!回复 1 领券,2 找门店。", tag = "新粉丝" },
      on = {
        text = {
          ["1"] = "coupon",
          ["2"] = "where",
          ["*"] = { reply = "请回复 1 或 2。" },
        },
      },
      after = { ["1d"] = "nudge" },
    },

    where = {
      enter = { reply = "请发送您的位置。" },
      on = {
        location = { run = function(fan, event)
          fan.vars.shop = shops.nearest(event.latitude, event.longitude).name
          return "coupon"
        end, to = { "coupon" } },
        text = { ["1"] = "coupon" },
      },
      after = { ["1d"] = "nudge" },
    },

    coupon = {
      enter = { run = function(fan)
        local code = stock.take("spring")
        if not code then return "soldout" end
        fan.vars.code = code
        local at = fan.vars.shop and (fan.vars.shop .. "可用。") or "到店可用。"
        fan:reply("您的券码:" .. code .. ",7 天内" .. at)
        fan:template("COUPON_EXPIRING", { thing1 = "春季新人券", time2 = time.date("+6d 22:00") },
                     { at = "+6d 10:00", expires = "12h" })
        fan:goal("issued")
      end, to = { "soldout" } },
      on    = { webhook = { ["order.paid"] = "redeemed" } },
      after = { ["7d"] = "left" },
    },

    nudge = {
      enter = { send = "还没领券?回复 1 就好。" },
      on    = { text = { ["1"] = "coupon" } },
      after = { ["2d"] = "left" },
    },

    redeemed = { final = true, goal = "redeemed" },
    soldout  = { final = true, enter = { reply = "券已领完,下次早点来哦。" } },
    left     = { final = true },
  },
}
