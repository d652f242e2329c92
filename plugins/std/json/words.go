package json

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "json",
	Doc:   "JSON: what other systems write and read.",
	DocZH: "JSON：与其他系统交换数据的格式。",
	Funcs: []reference.Func{
		reference.Fn("decode(text: string): any",
			"The value of a JSON text. null becomes nil; whole numbers beyond 2^53 become texts, so that ids stay exact. Fails where the text is no JSON: use pcall for what others wrote.",
			"解析 JSON 文字。null 变成 nil；超过 2^53 的整数变成文字，编号因此不会失真。不是 JSON 则报错：解析别人写的内容时请用 pcall。").
			With(`local ok, order = pcall(json.decode, '{"no": "A7"}')`),
		reference.Fn("encode(value: any): string",
			"A value as JSON, keys in sorted order. {} is an empty object, json.list() an empty list. Functions, a list with holes and numbers that are not finite are refused.",
			"把值写成 JSON，键按字母排序。{} 是空对象，json.list() 是空列表。函数、有空洞的列表、非有限数会报错。").
			With(`local body = json.encode({ no = "A7", items = json.list() })`),
		reference.Fn("list(): table",
			"A new empty list, which json.encode, kv.set and fan.vars keep as a list while it is empty.",
			"新的空列表：为空时，json.encode、kv.set、fan.vars 也把它当作列表而不是对象。"),
	},
}
