-- A birthday club: a present each year on the day, and a members' day each month. The one function finds the next birthday; all
-- else is plain data. The fan stays for years: an edited text or delay reaches those who are in it when it is published.
local function next_birthday(birthday)
  local year = tonumber(time.format("%Y"))
  local this = year .. "-" .. birthday .. " 10:00"
  if time.at(this) > time.now() then return this end
  return (year + 1) .. "-" .. birthday .. " 10:00"
end

local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

return flow {
  name     = "birthday",
  title    = "会员生日会",
  triggers = { text = { "生日会", "会员生日" } },
  again    = "0s",
  hours    = "10:00-21:00",
  exit     = { unsubscribe = true, optout = true, untag = "生日会员" },
  first    = "ask",
  funnel   = { "ask", "member", "present" },

  states = {
    ask = {
      enter = { case = {
        { when = { attr = { birthday = true } }, tag = "生日会员", reply = "欢迎回来!您登记的生日是 ${attrs.birthday}。", to = "member" },
        { reply = "请回复您的生日,例如 08-15 或 8月15日。" },
      } },
      on = { text = {
        ["/^(?P<month>\\d{1,2})[-月./](?P<day>\\d{1,2})[日号]?$/"] = { run = function(fan, event)
          local month, day = tonumber(event.month), tonumber(event.day)
          if month == 2 and day == 29 then day = 28 end       -- it comes each year
          if not days[month] or day < 1 or day > days[month] then
            fan:reply("没有这一天哦,请再试一次,例如 08-15。")
            return
          end
          fan.attrs.birthday = string.format("%02d-%02d", month, day)
          fan:tag("生日会员")
          fan:reply("记住啦!生日那天上午十点,礼物准时送到。")
          return "member"
        end, to = { "member" } },
      } },
      after = { ["7d"] = "left" },
    },

    member = {
      enter = function(fan) fan.vars.birthday = next_birthday(fan.attrs.birthday) end,
      at    = { ["${vars.birthday}"] = { to = "present", name = "生日", late = "next" } },
      every = { ["day 1 10:00"] = { send = "今天是会员日,全场九折,仅限今天。", name = "会员日", late = "skip" } },
      on    = { text = { ["退出生日会"] = "left" } },
    },

    present = {
      enter = {
        add = { ["vars.presents"] = 1 },
        claim = { key = "birthday", set = "vars.unit" },
        send = "生日快乐!您的生日礼券:BIRTHDAY-${vars.unit},30 天内到店可用。",
        goal = "given",
      },
      on    = { webhook = { ["birthday.used"] = { goal = "used", to = "member" } }, text = { ["退出生日会"] = "left" } },
      after = { ["30d"] = "member" },             -- and so to the next year's
    },

    left = { final = true, enter = { reply = "您已退出生日会,随时欢迎回来。", untag = "生日会员" } },
  },
}
