package lint

import "slices"

// Rule is one thing that is looked for.
type Rule struct {
	Name string // as findings carry it
	// Severity of what it finds; where a rule is less sure of something, it says so as a warning.
	Severity   string
	Doc, DocZH string
	Check      func(*Pass) `json:"-"`
}

// Rules gives all rules, in the order in which they are looked at.
func Rules() []Rule { return slices.Clone(rules) }

var rules = []Rule{
	{
		"unknown-global", Error,
		"A name that is neither a local variable nor anything that fanflow has. Globals cannot be set, so it is always nil.",
		"既不是局部变量、fanflow 也没有提供的名字。脚本不能设置全局变量，所以它永远是 nil。", unknownGlobals,
	},
	{
		"unknown-member", Error,
		"A function or field that a module, a required plugin, `fan` or another object of fanflow does not have. Of a plugin, one that is only read is a warning.",
		"模块、所引用的插件、`fan` 或 fanflow 的其他对象没有的函数或字段。对插件而言，只读取而不调用时为警告。", unknownMembers,
	},
	{
		"state", Error,
		"A function changes a variable or table of the whole file. Each decision starts from the script anew, so nothing of it would last: what has to last goes into `fan.vars`, `fan.attrs` or `kv`. Changes while the script is read from its top are fine.",
		"函数修改了文件级的变量或表。每次决策都从头运行脚本，所以改动不会保留：需要保留的内容写入 `fan.vars`、`fan.attrs` 或 `kv`。脚本自上而下加载时的修改不受限制。", stateInFunctions,
	},
	{
		"arity", Error,
		"A call with fewer arguments than the function needs, or with `.` and `:` mistaken for each other. More arguments than it takes are a warning.",
		"调用时参数不足，或混淆了 `.` 与 `:`。参数多于所需时为警告。", arity,
	},
	{
		"argument-type", Error,
		"A literal that cannot be the argument that stands there, such as a table where a text is wanted.",
		"字面量与所需参数类型不符，例如需要文本的位置写了表。", argumentTypes,
	},
	{
		"pattern", Error,
		"A Lua pattern, or the replacement of `gsub`, that is malformed.",
		"Lua 模式或 `gsub` 的替换文本格式有误。", patterns,
	},
	{
		"format", Error,
		"A layout of `string.format` with an unknown directive, or with fewer values than directives. More values are a warning.",
		"`string.format` 的格式串含有未知的指令，或值少于指令。值过多时为警告。", formats,
	},
	{
		"unused-local", Warning,
		"A local variable that is never read. A name that begins with `_` says that this is meant.",
		"从未读取的局部变量。名字以 `_` 开头表示有意为之。", unusedLocals,
	},
	{
		"shadow", Warning,
		"A local variable that hides another one of the same name, or a module whose functions are then called on it.",
		"局部变量遮住了外层的同名变量，或遮住了随后仍被调用的模块。", shadows,
	},
	{
		"secret-use", Error,
		"A secret of the plugin where a text is needed. Scripts never see its value: it goes into headers, query, form and json of `http`, joined by `secrets.join`, or into `crypto.hmac_sha256`.",
		"把插件的密钥当作文本使用。脚本看不到密钥的值：它只能用于 `http` 的 headers、query、form 和 json（以 `secrets.join` 拼接），或 `crypto.hmac_sha256`。", secretUses,
	},
	{
		"http-host", Warning,
		"A literal address whose host the plugin's permissions, or `http_allow` of the account, do not name.",
		"字面地址的主机不在插件的权限或账号的 `http_allow` 中。", httpHosts,
	},
	{
		"kv-scope", Error,
		"A literal key of `kv` that the plugin's permissions do not cover: without `permissions.kv` these are the keys that begin with its name and a colon.",
		"`kv` 的字面键超出了插件的权限；未写 `permissions.kv` 时，只能使用以插件名加冒号开头的键。", kvScopes,
	},
	{
		"needs-after-work", Hint,
		"A loop before a question to `kv` or `http` in one function. Each answer that is not there yet lets the function run anew from its top, loop included: ask first, work then.",
		"同一函数中，循环写在询问 `kv` 或 `http` 之前。每遇到尚未取得的答案，函数都会从头再运行一次，包括循环：请先询问，再计算。", needsAfterWork,
	},
	{
		"event-field", Warning,
		"A field of `event` that the events which lead to the function do not have.",
		"触发该函数的事件没有的 `event` 字段。", eventFields,
	},
}
