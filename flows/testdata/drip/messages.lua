-- what the flow finds wrong stands at the step
return drip {
  name  = "messages",
  triggers = { text = { "a", "a" } },
  steps = {
    { send = { text = "A", imgae = "x" } },
    { after = "1d", when = { tagg = "x" }, send = "B" },
    {
      after = "2d",
      template = { name = "NO_SUCH_TEMPLATE", data = {} },
      send = "${nothing.at.all}",
    },
    { after = "3d", template = { name = "COUPON_EXPIRING", purpose = "campaign" } },
  },
}
