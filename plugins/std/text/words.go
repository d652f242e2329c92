package text

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "text",
	Doc:   "Texts as characters: a Chinese character is one. Nothing here is a pattern.",
	DocZH: "按字处理文字：一个汉字算一个。这里的函数都不用模式。",
	Funcs: []reference.Func{
		reference.Fn("chinese(n: integer): string", "A whole number in Chinese numerals, 二 and not 两, below ten quadrillion (万万亿): 320 is 三百二十.", "把整数写成汉字（用“二”不用“两”），小于一万万亿：320 写作“三百二十”。").
			With(`local s = "第" .. text.chinese(12) .. "名"`),
		reference.Fn("contains(s: string, part: string): boolean", "Whether s holds part.", "s 是否含有 part。"),
		reference.Fn("ends(s: string, part: string): boolean", "Whether s ends in part.", "s 是否以 part 结尾。"),
		reference.Fn("escape_html(s: string): string", "With &, <, >, \" and ' written so that no browser, nor WeChat, takes them for a tag or a link.", "把 &、<、>、\"、' 转义，浏览器和微信都不会把它们当成标签或链接。").
			With(`local safe = text.escape_html("<a href='x'>点我</a>")`),
		reference.Fn("fold(s: string): string", "Trimmed, in lower case, wide letters, digits and signs as narrow ones: what fans type can be compared so.", "去掉首尾空白、转小写、全角变半角，便于比较粉丝输入的内容。"),
		reference.Fn("greeting(when?: number): string", "早上好 (5:00), 上午好 (9:00), 中午好 (11:00), 下午好 (13:00) or 晚上好 (18:00 to 5:00), by the account's clock; when is what time.at gives, left out: now.", "按账号时区返回早上好（5 点起）、上午好（9 点起）、中午好（11 点起）、下午好（13 点起）或晚上好（18 点至 5 点）；when 用 time.at 的结果，不写为现在。"),
		reference.Fn("length(s: string): integer", "How many characters.", "字数。"),
		reference.Fn("number(s: string): number?", "The number that a fan wrote, alone in the text: 320, ３２０, 1.5万, 三百二十, 两千零五, 一万五, 二〇二六, 壹佰, 负三, 三点五; nil where it is none.", "读出粉丝写的数字（整段文字就是一个数）：320、３２０、1.5万、三百二十、两千零五、一万五、二〇二六、壹佰、负三、三点五；不是数字则为 nil。").
			With(`local many = text.number("三百二十")`),
		reference.Fn("replace(s: string, old: string, new: string): string", "With every old replaced by new.", "把所有 old 换成 new。"),
		reference.Fn("split(s: string, separator?: string): string[]", "The parts between the separators, as a list; without a separator the words between white space.", "按分隔符切开，得到列表；不写分隔符则按空白切分。"),
		reference.Fn("starts(s: string, part: string): boolean", "Whether s begins with part.", "s 是否以 part 开头。"),
		reference.Fn("sub(s: string, first: integer, last?: integer): string", "The characters from first to last, counted from 1, or from the end where negative.", "取第 first 到 last 个字，从 1 数起，负数从末尾数起。"),
		reference.Fn("trim(s: string): string", "Without the white space at both ends, the wide space included.", "去掉首尾空白，包括全角空格。"),
		reference.Fn("width(s: string, to: \"narrow\"|\"wide\"): string", "Letters, digits, signs and spaces in their narrow (ABC 123) or wide form (ＡＢＣ　１２３).", "把字母、数字、标点和空格转成半角（narrow）或全角（wide）。"),
	},
}
