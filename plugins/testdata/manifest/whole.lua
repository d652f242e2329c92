local M = { name = "crm", version = "1.2.0", title = "CRM", order = 10 }

M.config = {
  url   = { type = "string", required = true, title = "Address", pattern = "^https://" },
  vip   = { type = "number", default = 1000, min = 0, max = 1e6 },
  mode  = { type = "string", enum = { "live", "test" }, default = "test" },
  on    = { type = "boolean", default = false },
  tags  = { type = "list", default = { "vip", "new" } },
  none  = { type = "list", default = {} },
  token = { type = "secret", required = true, pattern = "^tk_" },
}
M.permissions = { hosts = { "crm.example.com", "*.example.org:8443" }, kv = { "crm:*", "shared:*" } }
M.webhook = { signature = { header = "X-Hub-Signature-256", prefix = "sha256=", secret = "token" } }

--- The member level of a fan,
--- or nil.
---@param openid string whose level
---@param fresh? boolean do not take what is kept
---@return string? level gold, silver or nothing
function M.level(openid, fresh)
  return fresh and openid
end

--- Helps.
---@param n integer
local function helper(n) return n end
M.also = helper

function M.many(a, b, ...) return a, b, ... end
for _, key in ipairs({ "made" }) do M[key] = function(a, ...) return a, ... end end
M.words = { "not a function" }

M.hooks = {
  on_event = { subscribe = function(fan, event) end, ["*"] = function() end },
  before_send = function(send) end,
  after_send = { failed = function(send) end, delivered = function(send) end },
  on_webhook = { ["crm.*"] = function(hook) end },
  every = { ["0 9 * * *"] = function(account) end },
  on_error = "pass",
}
return M
