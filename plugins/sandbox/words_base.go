package sandbox

import (
	"fmt"

	"fanflow/plugins/reference"
)

// Words describe what every script finds without asking for it: what stands alone, and the modules of the language.
func Words() reference.Set {
	return reference.Set{
		Globals: baseWords, Values: []reference.Param{val("_VERSION: string", "\"Lua 5.1\".", "\"Lua 5.1\"。")},
		Modules: []reference.Module{stringWords, tableWords, mathWords}, Bounds: limitWords(),
	}
}

// fn and val keep the tables of words short.
var (
	fn  = reference.Fn
	val = reference.Field
)

// baseWords describe baseFunctions.
var baseWords = []reference.Func{
	fn("assert(v: any, message?: any, ...: any): any...", "Fails with the message where v is nil or false; else gives all that it was given.", "v 为 nil 或 false 时报错并给出 message；否则原样返回全部参数。"),
	fn("error(message: any, level?: integer)", "Ends the call with an error. A text gets the file and line put before it; level 2 blames the caller, 0 adds no place.", "抛出错误。文字前面会加上文件和行号；level 为 2 时指调用者的位置，0 则不加。"),
	fn("getmetatable(v: any): any", "The metatable of a value. That of texts and of fanflow's own objects is locked: the text \"locked\".", "取元表。文字和 fanflow 自带对象的元表是锁定的，返回 \"locked\"。"),
	fn("ipairs(list: table): function, table, integer", "Walks a list: 1, 2, 3, … up to the first nil.", "依次遍历列表 1、2、3……到第一个 nil 为止。"),
	fn("next(t: table, key?: any): any, any", "The key after a key, and its value; without a key the first; nil after the last.", "返回下一个键和值；不写键则为第一个；到头返回 nil。"),
	fn("pairs(t: any): function, any, any", "Walks all keys of a table: the list first, then the others in the order in which they were set.", "遍历表的全部键：先列表部分，再按写入的次序遍历其余的键，次序固定。"),
	fn("pcall(f: function, ...: any): boolean, any...", "Calls f and catches its errors: true and its results, or false and the error. The end of a budget cannot be caught.", "保护调用：成功返回 true 和结果，出错返回 false 和错误。超出预算无法被捕获。"),
	fn("print(...: any)", "A line in the script's log: the same as log.info.", "写一行日志，等同 log.info。"),
	fn("rawequal(a: any, b: any): boolean", "Whether two values are the same, without __eq.", "不经 __eq 判断两个值是否相同。"),
	fn("rawget(t: table, key: any): any", "What a table holds under a key, without __index.", "不经 __index 直接取表中的值。"),
	fn("require(name: string): any", "A plugin or a module by its name. A plugin's file runs once in a decision; which version is fixed when the script is published.", "按名字引入插件或模块。插件文件在一次决定里只运行一次；用哪个版本在发布时就定下了。"),
	fn("select(n: integer|\"#\", ...: any): any...", "The arguments from the nth on, from the end where n is negative; \"#\": how many there are.", "返回第 n 个起的参数，负数从末尾数起；\"#\" 返回参数个数。"),
	fn("setmetatable(t: table, meta?: table): table", "Gives a table a metatable, and gives the table back.", "给表设置元表，并返回这个表。"),
	fn("tonumber(v: any, base?: integer): number?", "A text as a number; nil if it is none. base is 2 to 36. Wide digits are none: see text.number.", "把文字转成数字，不是数字则为 nil。base 为 2 到 36。全角数字和汉字数字请用 text.number。"),
	fn("tostring(v: any): string", "A value as a text. Tables and functions are named by a number that is the same when the decision is repeated.", "把值转成文字。表和函数用序号表示，重做同一次决定时序号不变。"),
	fn("type(v: any): string", "The type: nil, boolean, number, string, table, function or userdata.", "返回类型：nil、boolean、number、string、table、function 或 userdata。"),
	fn("unpack(list: table, first?: integer, last?: integer): any...", "The items of a list as values, at most 4,096.", "把列表展开成多个值，最多 4,096 个。"),
	fn("xpcall(f: function, handler: function, ...: any): boolean, any...", "pcall whose error goes through handler first.", "同 pcall，错误先交给 handler 处理。"),
}

// describeBase holds the words against the functions: a mistake in that is one of ours.
func describeBase() {
	for _, w := range baseWords {
		if baseFunctions[w.Name] == nil || w.Doc == "" || w.DocZH == "" {
			panic(fmt.Sprintf("%s has no function or no words", w.Name))
		}
	}
	if len(baseWords) != len(baseFunctions) {
		panic("the functions of the language and their words differ")
	}
}
