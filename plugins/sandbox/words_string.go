package sandbox

import "fanflow/plugins/reference"

// stringWords describe stringFunctions.
var stringWords = reference.Module{
	Name:  "string",
	Doc:   "Texts as bytes: a Chinese character is three. `s:upper()` is string.upper(s). The module text counts in characters.",
	DocZH: "按字节处理文字：一个汉字占三个字节。`s:upper()` 等同 string.upper(s)。按字数处理请用 text 模块。",
	Funcs: []reference.Func{
		fn("byte(s: string, first?: integer, last?: integer): integer...", "The bytes from first to last as numbers; the first byte alone without them.", "返回 first 到 last 各字节的数值；不写则只返回第一个字节。"),
		fn("char(...: integer): string", "A text of bytes, each 0 to 255.", "用若干字节（0 到 255）组成文字。"),
		fn("find(s: string, pattern: string, from?: integer, plain?: boolean): integer?, integer?, any...", "Where a pattern is first found: first and last byte, then its captures; nil if it is not. plain: pattern is a text and no pattern.", "第一次匹配的首尾字节位置，随后是捕获；没有则为 nil。plain 为真时按普通文字查找。"),
		fn("format(layout: string, ...: any): string", "Fills %s %d %i %u %c %x %X %o %e %E %f %g %G %q and %% of a layout, with widths up to 99.", "按格式填充：%s %d %i %u %c %x %X %o %e %E %f %g %G %q 和 %%，宽度不超过 99。"),
		fn("gmatch(s: string, pattern: string): function", "For loops: the captures of every match in turn, the whole match where there are none.", "用于 for 循环：依次给出每次匹配的捕获；没有捕获则给出整个匹配。"),
		fn("gsub(s: string, pattern: string, by: string|number|table|function, most?: integer): string, integer", "Replaces every match, at most `most`: by a text with %0 to %9, by the value of a table, or by what a function gives; nil and false keep the match. Gives the text and how many.", "替换匹配的部分（最多 most 处）：用含 %0 到 %9 的文字、表中的值或函数的返回值；nil 和 false 保留原文。返回新文字和替换次数。"),
		fn("len(s: string): integer", "How many bytes.", "字节数。"),
		fn("lower(s: string): string", "In lower case, for letters of every script.", "转小写，各种文字的字母都适用。"),
		fn("match(s: string, pattern: string, from?: integer): any...", "The captures of the first match, or the whole match where there are none; nil without one.", "返回第一次匹配的捕获，没有捕获则返回整个匹配；不匹配为 nil。"),
		fn("rep(s: string, n: integer): string", "The text n times.", "把文字重复 n 次。"),
		fn("reverse(s: string): string", "The bytes in reverse. A Chinese text is broken by that.", "按字节倒序。中文会因此损坏。"),
		fn("sub(s: string, first?: integer, last?: integer): string", "The bytes from first to last, from the end where negative. text.sub counts characters.", "取 first 到 last 的字节，负数从末尾数起。按字数截取请用 text.sub。"),
		fn("upper(s: string): string", "In upper case, for letters of every script.", "转大写，各种文字的字母都适用。"),
	},
}

// tableWords describe tableFunctions.
var tableWords = reference.Module{
	Name: "table", Doc: "Lists. A list has at most 65,535 items.", DocZH: "列表。一个列表最多 65,535 项。",
	Funcs: []reference.Func{
		fn("concat(list: table, separator?: string, first?: integer, last?: integer): string", "The texts and numbers of a list as one text.", "把列表里的文字和数字连成一段文字。"),
		fn("getn(list: table): integer", "How many items: the same as #list.", "项数，等同 #list。"),
		fn("insert(list: table, at_or_value: any, value?: any)", "Puts a value at the end of a list, or at a position: insert(list, value), insert(list, 1, value).", "在列表末尾或指定位置插入：insert(list, value)、insert(list, 1, value)。"),
		fn("maxn(t: table): number", "The largest number among the keys; 0 without one.", "最大的数字键；没有则为 0。"),
		fn("remove(list: table, at?: integer): any", "Takes an item out, the last without a position, and gives it.", "移除并返回一项；不写位置则为最后一项。"),
		fn("sort(list: table, before?: function)", "Sorts a list in place, by < or by before(a, b), which says whether a comes first.", "就地排序：按 <，或按 before(a, b)，它返回 a 是否在前。"),
		fn("unpack(list: table, first?: integer, last?: integer): any...", "The same as unpack.", "等同 unpack。"),
	},
}
