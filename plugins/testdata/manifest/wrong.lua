local M = { name = "wrong", version = 2, title = {}, order = 1.5 }

M.config = {
  url    = "https://example.com",
  Upper  = { type = "string" },
  kind   = { type = "text" },
  word   = { type = "string", min = 1 },
  size   = { type = "number", min = 5, max = 1, default = 3 },
  count  = { type = "number", default = "7" },
  mode   = { type = "string", enum = { "a", "b" }, default = "c" },
  part   = { type = "string", pattern = "[a", },
  token  = { type = "secret", default = "s3cret" },
  both   = { type = "string", required = true, default = "x" },
  extra  = { type = "string", defualt = "x" },
  must   = { type = "boolean", required = "yes" },
  items  = { type = "list", default = { 1, 2 } },
  { type = "string" },
}
M.permissions = { hosts = "crm.example.com", kv = { "wrong:*", 7 }, files = {} }
M.webhook = { signature = { header = "X-Sign", secret = "tokn" } }
function M.hooks() end
return M
