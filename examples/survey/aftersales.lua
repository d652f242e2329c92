-- After an order was signed for: ask how it was, in the flow survey, and let who is unhappy be called back. The shop system
-- reports order.signed with the order's number; order.refunded ends it wherever the fan is.
return flow {
  name     = "aftersales",
  title    = "签收回访",
  triggers = { webhook = { "order.signed" } },
  again    = "0s",
  hours    = "10:00-20:00",                       -- what is late waits for these
  exit     = { unsubscribe = true, optout = true, webhook = { ["order.refunded"] = "refunded" } },
  first    = "signed",
  funnel   = { "signed", "ask", "happy" },

  states = {
    signed = {
      enter = { set = { ["vars.no"] = "${event.data.no}", last_order = "${event.data.no}" }, tag = "已签收" },
      after = { ["2h"] = { to = "ask", late = "next" } },
    },

    ask = {
      enter = { call = { flow = "survey", vars = { topic = "订单 ${vars.no} " } } },
      on = { result = {
        good = { set = { score = "${event.vars.score}" }, to = "happy" },
        bad  = { set = { score = "${event.vars.score}" }, tag = "待回访", to = "callback" },
        ["*"] = "silent",                         -- no answer, or the survey did not take them in
      } },
      after = { ["3d"] = "silent" },              -- the caller's timers run on
    },

    callback = {
      on    = { untag = { ["待回访"] = "done" } },  -- the agent takes the tag off when it is settled
      after = { ["7d"] = "done" },
    },

    happy    = { final = true, goal = "satisfied" },
    done     = { final = true, goal = "called_back" },
    silent   = { final = true },
    refunded = { final = true, enter = { untag = "待回访" } },
  },
}
