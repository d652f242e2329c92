local function f() end
return {
  name = "hooks",
  hooks = {
    on_event = { subscribe = "welcome", [7] = f },
    before_send = { mail = f, customer = f },
    after_send = { fialed = f },
    on_webhook = "crm.*",
    every = { ["0 9 * * * *"] = f, ["30 8 * * 1-5"] = f },
    on_eror = "pass",
    on_error = "skip",
  },
  webhook = { signature = {} },
  title = "Hooks " .. 1,
}
