return flow {
  name = "scripts",
  triggers = { subscribe = true },
  first = "start",
  states = {
    start = {
      enter = function(fan)
        fan:sned("hello")
        fan:template("COUPON_EXPIRNG", {})
        fan.name = fan.var.x
        fan:template("COUPON_EXPIRING", {})
      end,
    },
  },
}
