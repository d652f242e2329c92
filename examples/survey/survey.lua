-- How satisfied is the fan? A sub-flow: others run it by call = "survey" and hear good, bad or timeout as its result. It can
-- be tried alone with the word 满意度. All of it is plain data.
return flow {
  name     = "survey",
  title    = "满意度调查",
  priority = 10,                                  -- what is answered here is meant for these questions
  triggers = { text = { "满意度" } },
  again    = "0s",
  first    = "score",
  funnel   = { "score", "reason", "good" },

  states = {
    score = {
      enter = { case = {
        { when = { var = { topic = true } }, reply = "请为${vars.topic}打分,回复 1 到 5。" },
        { reply = "请为我们的服务打分,回复 1 到 5。" },
      } },
      on = { text = {
        ["/^(?P<score>[45])分?$/"] = { set = { ["vars.score"] = "${event.score}" }, to = "good" },
        ["/^(?P<score>[1-3])分?$/"] = { set = { ["vars.score"] = "${event.score}" }, to = "reason" },
        ["*"] = { reply = "请回复 1 到 5 的数字,5 为非常满意。" },
      } },
      after = { ["1d"] = "timeout" },
    },

    reason = {
      enter = { reply = "很抱歉没让您满意。请用一句话告诉我们原因,回复 0 跳过。" },
      on = { text = {
        ["0"] = "bad",
        ["*"] = { set = { ["vars.reason"] = "${event.text}" }, to = "bad" },
      } },
      after = { ["1d"] = "bad" },
    },

    good    = { final = true, result = "good", goal = "answered", enter = { reply = "谢谢您的好评!" } },
    bad     = { final = true, result = "bad", goal = "answered", enter = { reply = "谢谢您的反馈,我们会改进。" } },
    timeout = { final = true, result = "timeout" },
  },
}
