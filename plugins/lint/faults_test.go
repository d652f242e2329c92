package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/plugins/lint"
)

// faults are slips made in the scripts that ship: old stands there once, and rule finds what new makes of it, in its line.
var faults = []struct{ file, old, new, rule string }{
	{"coupon/coupon", `shops.nearest(event.latitude`, `shops.nearst(event.latitude`, "unknown-member"},
	{"coupon/coupon", `shops.nearest(event.latitude`, `shop.nearest(event.latitude`, "unknown-global"},
	{"coupon/coupon", `event.latitude, event.longitude).name`, `event.latitud, event.longitude).name`, "event-field"},
	{"coupon/coupon", `event.latitude, event.longitude).name`, `event.latitude, event.lon).name`, "event-field"},
	{"coupon/coupon", `event.latitude, event.longitude).name`, `event.latitude, event.longitude, 3).name`, "arity"},
	{"coupon/coupon", `fan.vars.shop = shops`, `fan.var.shop = shops`, "unknown-member"},
	{"coupon/coupon", `fan.vars.shop = shops`, `fan.shop = shops`, "unknown-member"},
	{"coupon/coupon", `stock.take("spring")`, `stock.tke("spring")`, "unknown-member"},
	{"coupon/coupon", `stock.take("spring")`, `stok.take("spring")`, "unknown-global"},
	{"coupon/coupon", `stock.take("spring")`, `stock.take("spring", 1, 2)`, "arity"},
	{"coupon/coupon", `if not code then return "soldout" end`, `if not cod then return "soldout" end`, "unknown-global"},
	{"coupon/coupon", `fan:reply("您的券码:"`, `fan:repy("您的券码:"`, "unknown-member"},
	{"coupon/coupon", `fan:reply("您的券码:"`, `fan.reply("您的券码:"`, "arity"},
	{"coupon/coupon", `fan:reply("您的券码:"`, `fn:reply("您的券码:"`, "unknown-global"},
	{"coupon/coupon", `time.date("+6d 22:00")`, `time.dat("+6d 22:00")`, "unknown-member"},
	{"coupon/coupon", `time.date("+6d 22:00")`, `os.date("+6d 22:00")`, "unknown-global"},
	{"coupon/coupon", `time.date("+6d 22:00")`, `time:date("+6d 22:00")`, "arity"},
	{"coupon/coupon", `fan:template("COUPON_EXPIRING", {`, `fan:template({}, {`, "argument-type"},
	{"coupon/coupon", `fan:goal("issued")`, `fan:goal()`, "arity"},
	{"coupon/coupon", `fan:goal("issued")`, `fan:goals("issued")`, "unknown-member"},
	{"coupon/coupon", `fan:goal("issued")`, `fan:goal({ "issued" })`, "argument-type"},
	{"coupon/coupon", `fan:goal("issued")`, `fan:goal("issued"); stock = nil`, "state"},
	{"coupon/coupon", `fan.vars.code = code`, `shops.last = code`, "state"},
	{"coupon/coupon", `fan.vars.code = code`, `fan.vars.code = code; local kept = code`, "unused-local"},
	{"coupon/coupon", `local code = stock`, `local stock = stock`, "shadow"},

	{"birthday/birthday", `local year = tonumber(time.format("%Y"))`, `local year = tonumber(tme.format("%Y"))`, "unknown-global"},
	{"birthday/birthday", `local year = tonumber(time.format("%Y"))`, `local year = tonumbr(time.format("%Y"))`, "unknown-global"},
	{"birthday/birthday", `local year = tonumber(time.format("%Y"))`, `local year = tonumber(time.format({ "%Y" }))`, "argument-type"},
	{"birthday/birthday", `if time.at(this) > time.now() then`, `if time.at(this) > time.now(1) then`, "arity"},
	{"birthday/birthday", `if time.at(this) > time.now() then`, `if time.at(ths) > time.now() then`, "unknown-global"},
	{"birthday/birthday", `tonumber(event.month), tonumber(event.day)`, `tonumber(event.mnth), tonumber(event.day)`, "event-field"},
	{"birthday/birthday", `string.format("%02d-%02d", month, day)`, `string.format("%02d-%02d", month)`, "format"},
	{"birthday/birthday", `string.format("%02d-%02d", month, day)`, `string.format("%02y-%02d", month, day)`, "format"},
	{"birthday/birthday", `string.format("%02d-%02d", month, day)`, `string.format("%02d", month, day)`, "format"},
	{"birthday/birthday", `fan.attrs.birthday = string`, `fan.attr.birthday = string`, "unknown-member"},
	{"birthday/birthday", `fan.attrs.birthday = string`, `days[month] = 31; fan.attrs.birthday = string`, "state"},
	{"birthday/birthday", `fan:tag("生日会员")`, `fan:tag(true)`, "argument-type"},
	{"birthday/birthday", `if not days[month] or`, `table.sort(days); if not days[month] or`, "state"},
	{"birthday/birthday", `next_birthday(fan.attrs.birthday) end`, `next_birthday(fan.atrs.birthday) end`, "unknown-member"},
	{"birthday/birthday", `next_birthday(fan.attrs.birthday) end`, `next_birthday(fan, fan.attrs.birthday) end`, "arity"},
	{"birthday/birthday", `if month == 2 and`, `if event.month:match("[0-9") and`, "pattern"},

	{"plugins/stock", `kv.take("stock:" .. name, pool.size)`, `kv.tke("stock:" .. name, pool.size)`, "unknown-member"},
	{"plugins/stock", `kv.take("stock:" .. name, pool.size)`, `kv.take("stock:" .. name)`, "arity"},
	{"plugins/stock", `kv.take("stock:" .. name, pool.size)`, `kv.take("stok:" .. name, pool.size)`, "kv-scope"},
	{"plugins/stock", `kv.take("stock:" .. name, pool.size)`, `kv.take("stock:" .. nme, pool.size)`, "unknown-global"},
	{"plugins/stock", `local pool = pools[name]`, `pools[name] = pools[name] or {}; local pool = pools[name]`, "state"},
	{"plugins/stock", `string.format("%s-%04d", pool.prefix, n)`, `string.format("%s-%04d", n)`, "format"},
	{"plugins/stock", `local pool = pools[name]`, `local pool, pools = pools[name], 1`, "shadow"},
	{"plugins/stock", `local pool = pools[name]`, `for _ in pairs(pools) do log.info(name) end; kv.get("stock:" .. name); local pool = pools[name]`, "needs-after-work"},
	{"plugins/stock", `if not n then`, `if http.get("https://stock.example.com/" .. name) then`, "http-host"},
	{"plugins/stock", `tostring(name), 2)`, `secrets.token, 2)`, "secret-use"},

	{"plugins/shops", `ipairs(shops) do`, `ipair(shops) do`, "unknown-global"},
	{"plugins/shops", `geo.distance(latitude, longitude, shop.latitude, shop.longitude)`, `geo.distance(latitude, longitude, shop.latitude)`, "arity"},
	{"plugins/shops", `geo.distance(latitude, longitude, shop.latitude, shop.longitude)`, `geo.distnce(latitude, longitude, shop.latitude, shop.longitude)`, "unknown-member"},
	{"plugins/shops", `if not best or metres`, `shop.metres = metres; table.insert(shops, shop); if not best or metres`, "state"},
	{"plugins/shops", `longitude = shop.longitude, metres = metres }`, `longitude = shop.longitude, metres = meters }`, "unknown-global"},
}

// TestFaults: every slip is found where it is, and nothing else is called an error.
func TestFaults(t *testing.T) {
	if len(faults) < 40 {
		t.Errorf("%d faults", len(faults))
	}
	plugins := examples(t)
	for i, f := range faults {
		source := read(t, "../../examples/"+f.file+".lua")
		if n := strings.Count(source, f.old); n != 1 {
			t.Errorf("%d: %q stands %d times in %s", i, f.old, n, f.file)
			continue
		}
		kind := lint.KindFlow
		if strings.HasPrefix(f.file, "plugins/") {
			kind = lint.KindPlugin
		}
		at := strings.Index(source, f.old)
		where := fmt.Sprintf("> %d ", strings.Count(source[:at], "\n")+1)
		found := check(t, strings.Replace(source, f.old, f.new, 1), lint.World{Kind: kind, Set: set(), Plugins: plugins})
		if !strings.Contains(found, " "+f.rule+": ") {
			t.Errorf("%d: %s with %s: not found by %s, but\n%s", i, f.file, f.new, f.rule, found)
		}
		for line := range strings.Lines(found) {
			if strings.Contains(line, " "+f.rule+": ") && !strings.HasPrefix(line, where) {
				t.Errorf("%d: %s with %s: found at another line than%s: %s", i, f.file, f.new, where[1:], line)
			}
		}
	}
}
