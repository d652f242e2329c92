package when

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "time",
	Doc:   "The decision's moment, and the calendar of the account's time zone: there is no other clock. A moment is a number of seconds since 1970, or a text: \"+6d 22:00\" (in six days, at 22:00), \"+2h\", \"22:00\" (the next), \"2026-11-02 21:30\". A duration is \"2w\", \"1d\", \"2d12h\", \"30m\", \"90s\".",
	DocZH: "这次决定的时刻，以及账号时区的日历；没有别的时钟。时刻可以是 1970 年以来的秒数，也可以是文字：\"+6d 22:00\"（六天后的 22 点）、\"+2h\"、\"22:00\"（下一个）、\"2026-11-02 21:30\"。时长写作 \"2w\"、\"1d\"、\"2d12h\"、\"30m\"、\"90s\"。",
	Funcs: []reference.Func{
		reference.Fn("add(when: string|number|nil, duration: string): number", "The moment so much later, in seconds since 1970; with a minus before the duration, earlier. nil is now.", "往后推一段时长，返回 1970 年以来的秒数；时长前加负号则往前。nil 表示现在。").
			With(`local earlier = time.add("2026-12-24 10:00", "-1d")`),
		reference.Fn("at(when: string|number): number", "A moment in seconds since 1970.", "把时刻换算成 1970 年以来的秒数。"),
		reference.Fn("between(from: string, to: string, when?: string|number): boolean", "Whether a moment's time of the day is from `from` to before `to`, over midnight where to is not later.", "某个时刻的钟点是否在 from（含）到 to（不含）之间；to 不晚于 from 时跨过午夜。").
			With(`local open = time.between("09:00", "21:00")`),
		reference.Fn("date(when?: string|number): string", "A moment as 2026-11-02 21:30, as template messages show it; left out: now.", "把时刻写成 2026-11-02 21:30，与模板消息的格式一致；不写为现在。"),
		reference.Fn("format(layout: string, when?: string|number): string", "A moment in a layout of your own: %Y %y year, %m month, %d day, %H hour, %M minute, %S second, %I %p hour of twelve, %j day of the year, %a %A weekday, %b %B month, %F date, %T %R time, %z %Z zone, %% a percent sign.", "按自己的格式写时刻：%Y %y 年、%m 月、%d 日、%H 时、%M 分、%S 秒、%I %p 十二小时制、%j 一年中的第几天、%a %A 星期、%b %B 英文月份、%F 日期、%T %R 时间、%z %Z 时区、%% 百分号。").
			With(`local day = time.format("%m月%d日", "+1d")`),
		reference.Fn("hour(when?: string|number): integer", "0 to 23.", "几点，0 到 23。"),
		reference.Fn("now(): number", "The decision's moment in seconds since 1970.", "这次决定的时刻，1970 年以来的秒数。"),
		reference.Fn("seconds(duration: string): number", "How many seconds a duration is.", "一段时长有多少秒。"),
		reference.Fn("today(when?: string|number): string", "The day of a moment as 2026-11-02; left out: today.", "某个时刻的日期，写作 2026-11-02；不写为今天。"),
		reference.Fn("weekday(when?: string|number): integer", "1 for Monday to 7 for Sunday.", "星期几，1 为星期一，7 为星期日。"),
	},
}
