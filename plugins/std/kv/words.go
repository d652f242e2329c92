package kv

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "kv",
	Doc:   "Values that all fans of the account share: exact, however many fans come at the same moment, and kept only if the whole decision stands. A decision may read and claim 64 times. A plugin sees the keys of its permissions.",
	DocZH: "账号的所有粉丝共用的值：无论多少人同时到来都分毫不差，并且只有整次决定成立才算数。一次决定最多读取和领取 64 次。插件只能用它的权限所列的键。",
	Funcs: []reference.Func{
		reference.Fn("count(key: string): integer", "How far a key was counted by increment or take; 0 before the first.", "increment 或 take 数到了几；还没开始则为 0。"),
		reference.Fn("delete(key: string)", "Takes a key and its value away.", "删除一个键和它的值。"),
		reference.Fn("get(key: string): any", "The value of a key; nil if it has none.", "读取一个键的值；没有则为 nil。"),
		reference.Fn("increment(key: string, by?: integer): integer",
			"Counts on by 1, or by `by`, and gives the new count: no count is given twice, whoever comes at the same moment.",
			"计数加 1（或加 by），返回新的数：再多人同时来，也不会有两人拿到同一个数。").
			With(`local n = kv.increment("visits:" .. time.today())`),
		reference.Fn("set(key: string, value: any)", "Gives a key a value: a text, number, boolean or table of them; nil deletes it.", "给键赋值：文字、数字、布尔值，或由它们组成的表；nil 表示删除。"),
		reference.Fn("take(key: string, limit: integer): integer?",
			"The next of the numbers 1, 2, … limit, each given to one fan; nil when none is left.",
			"取下一个号码 1、2……limit，每个号码只给一个人；取完为 nil。").
			With(`local code = kv.take("spring", 100)`),
	},
}

// Words describe the module.
func Words() reference.Module { return words }
