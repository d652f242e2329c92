-- A function that changes a variable of the fan with every message, so that each answer shows whether the one before it was kept.
local function count(fan)
  fan.vars.n = (fan.vars.n or 0) + 1
  fan:reply("第" .. fan.vars.n .. "次")
end

return flow {
  name     = "counter",
  triggers = { text = { "1" } },
  first    = "open",
  states   = {
    open = {
      enter = { run = count },
      on    = { text = { ["1"] = { run = count } } },
    },
  },
}
