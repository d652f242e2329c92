-- Members of a CRM: who a fan is there, and what fanflow tells it. Write its address as http_allow of the account and under
-- permissions below, its token into fanflow.toml:
--
--   [plugin.crm.config]
--   url = "https://crm.example.com/api"
--   [plugin.crm.secrets]
--   token = "…"
local M = { name = "crm", version = "1.0", title = "CRM" }

M.config = {
  url   = { type = "string", default = "https://crm.example.com/api", pattern = "^https?://", title = "Address of the API" },
  fresh = { type = "string", default = "5m", title = "How long a member read before is good enough" },
  token = { type = "secret", title = "Bearer token of the API" },
}
M.permissions = { hosts = { "*" }, kv = {} }

local function headers()
  return { Authorization = secrets.join("Bearer ", secrets.token), Accept = "application/json" }
end

--- The member of a fan as the CRM has it, or nil and why there is none: "unknown" if the CRM does not know the fan, else what went
--- wrong, such as "timeout: …". The fan waits for it: ask once in a decision, and go on without it.
function M.member(openid)
  local answer, why = http.get(config.url .. "/members", { query = { openid = openid }, headers = headers(), cache = config.fresh })
  if not answer then return nil, why end
  if answer.status == 404 then return nil, "unknown" end
  if not answer.ok then return nil, "status " .. answer.status end
  local read, member = pcall(function() return answer.json end)
  if not read or type(member) ~= "table" then return nil, "the CRM answers no JSON" end
  return member
end

--- The level of a fan, or otherwise what is given as the second argument.
function M.level(openid, otherwise)
  local member, why = M.member(openid)
  if not member then
    if why ~= "unknown" then log.info("crm: no level: " .. why) end
    return otherwise
  end
  return member.level or otherwise
end

--- Saves what is known of a fan: fields is a table such as { phone = "13800000000" }. It is done after this decision and tried again
--- where the CRM fails. The event answer tells the end: crm.save, or crm.save:failed. Gives the id of the call.
function M.save(openid, fields)
  local body = { openid = openid }
  for name, value in pairs(fields) do body[name] = value end
  return http.post(config.url .. "/members", { json = body, headers = headers(), as = "crm.save", expires = "1d" })
end

--- Adds points to a fan, once for each reason: the CRM knows the key again. The event is crm.points, or crm.points:failed.
function M.points(openid, points, reason)
  return http.post(config.url .. "/points", {
    json = { openid = openid, points = points, reason = reason }, headers = headers(),
    as = "crm.points", key = "points/" .. crypto.sha256(openid .. "\n" .. reason), expires = "2d",
  })
end

return M
