package plugins

import "fanflow/plugins/reference"

// pluginClasses describe the table that a plugin returns. What stands in its hooks the room describes that calls them.
func pluginClasses() []reference.Class {
	return []reference.Class{pluginClass, permissionsClass, settingClass, webhookClass, signatureClass}
}

var pluginClass = reference.Class{
	Name: "Plugin", Doc: "The table that a plugin returns. Beside these fields its functions stand in it, which flows and other plugins call.",
	DocZH: "插件返回的表。除这些字段外，表里还有供流程和其他插件调用的函数。",
	Fields: []reference.Param{
		reference.Field("name?: string", "Its name, by which it is required: letters, digits, _, . and -, at most 64. Left out: the file's name.", "插件的名字，require 时用它：字母、数字、_、.、-，最多 64 个。不写就用文件名。"),
		reference.Field("version?: string", "The author's word for the version; fanflow counts versions itself.", "作者自己的版本说法；fanflow 另外给每个版本编号。"),
		reference.Field("title?: string", "A name for people.", "给人看的名字。"),
		reference.Field("order?: integer", "The place of its hooks among those of other plugins: low ones first, then by name. Default 0.", "它的钩子在各插件中的次序：小的在前，相同时按名字。默认 0。"),
		reference.Field("config?: table<string, PluginSetting>", "Its settings and secrets by name: lower-case words, with digits and _.", "设置和密钥，按名字：小写字母、数字和 _。"),
		reference.Field("permissions?: PluginPermissions", "What it may touch. Left out: no host, and the keys NAME:*.", "它能碰什么。不写：不能访问任何主机，键只有 名字:*。"),
		reference.Field("hooks?: Hooks", "What fanflow calls by itself.", "由 fanflow 主动调用的函数。"),
		reference.Field("webhook?: PluginWebhook", "How calls of its events are signed, where that is not by X-Fanflow-Signature.", "它的事件由别的系统怎样签名；不写就是 X-Fanflow-Signature。"),
	},
	Open: true,
}

var permissionsClass = reference.Class{
	Name: "PluginPermissions", Doc: "What a plugin may touch.", DocZH: "插件能碰什么。",
	Fields: []reference.Param{
		reference.Field("hosts?: string[]", "Hosts that its http may reach, as far as http_allow of the account has them, too; \"*\" is all of those. Left out: none.",
			"它的 http 可以访问的主机，同时要在账号的 http_allow 里；\"*\" 指其中全部。不写：一个也不行。"),
		reference.Field("kv?: string[]", "Globs of the keys that its kv may touch. Left out: NAME:*; an empty list: none.", "它的 kv 可以读写的键，可用通配。不写：名字:*；空列表：一个也不行。"),
	},
}

var settingClass = reference.Class{
	Name: "PluginSetting", Doc: "One setting of a plugin: what the operator may write for it.", DocZH: "插件的一项设置：运营者可以怎么填。",
	Fields: []reference.Param{
		reference.Field("type: \"string\"|\"number\"|\"boolean\"|\"list\"|\"secret\"", "What it is; a list is of texts.", "类型；list 是文字的列表。"),
		reference.Field("title?: string", "Words for people.", "给人看的说明。"),
		reference.Field("required?: boolean", "It must be set, or the plugin is not published and the service does not start.", "必须填写，否则插件不能发布，服务也不启动。"),
		reference.Field("default?: any", "What it is where nothing is set; a secret has none, nor has what is required.", "没填时的值；密钥和必填项没有默认值。"),
		reference.Field("min?: number", "The least, of a number.", "数字的最小值。"),
		reference.Field("max?: number", "The most, of a number.", "数字的最大值。"),
		reference.Field("pattern?: string", "A Lua pattern that the text, each text of the list or the secret has to have.", "文字、列表里的每一项或密钥要符合的 Lua 模式。"),
		reference.Field("enum?: string[]", "The texts that are allowed, of a string or a list.", "string 或 list 允许的取值。"),
	},
}

var webhookClass = reference.Class{
	Name: "PluginWebhook", Doc: "How calls of the plugin's events come.", DocZH: "插件的事件怎样进来。",
	Fields: []reference.Param{
		reference.Field("signature: PluginSignature", "How they are signed.", "签名方式。"),
	},
}

var signatureClass = reference.Class{
	Name: "PluginSignature", Doc: "A header that has the hex HMAC-SHA-256 of the body.", DocZH: "请求头里是正文的 HMAC-SHA-256，十六进制。",
	Fields: []reference.Param{
		reference.Field("header: string", "The header's name: X-Hub-Signature-256.", "请求头的名字：X-Hub-Signature-256。"),
		reference.Field("prefix?: string", "What stands before the digits: \"sha256=\".", "数字前面的文字：\"sha256=\"。"),
		reference.Field("secret: string", "The name of the secret in config.", "config 里密钥的名字。"),
	},
}

// Tables describe what belongs to plugins and is written elsewhere than in Lua: the tables of fanflow.toml, by their names in it; and
// the types of settings, and the faults of http, as "types" and "faults".
func Tables() reference.Set {
	return reference.Set{Classes: []reference.Class{tomlPlugin, tomlAccountPlugin, typesTable, faultsTable}}
}

var tomlPlugin = reference.Class{
	Name: "plugin", Doc: "`[plugin.NAME]` of fanflow.toml: one table for each plugin that has settings.", DocZH: "fanflow.toml 的 `[plugin.名字]`：每个有设置的插件一张表。",
	Fields: []reference.Param{
		reference.Field("accounts?: string[]", "The accounts for which its hooks are on; left out: all, an empty list: none.", "钩子对哪些账号生效；不写：全部；空列表：一个也不。"),
		reference.Field("hooks?: boolean", "false: its hooks are off everywhere; its functions can be called. Default true.", "false：钩子全部关闭，函数照样能用。默认 true。"),
		reference.Field("config?: table", "`[plugin.NAME.config]`: settings by name.", "`[plugin.名字.config]`：各项设置。"),
		reference.Field("secrets?: table", "`[plugin.NAME.secrets]`: secrets by name, each at least 8 characters.", "`[plugin.名字.secrets]`：各个密钥，每个至少 8 个字符。"),
	},
}

var tomlAccountPlugin = reference.Class{
	Name: "account.plugin", Doc: "`[account.plugin.NAME]`, below an `[[account]]`: what is different for this account.", DocZH: "写在某个 `[[account]]` 下面的 `[account.plugin.名字]`：这个账号不同的地方。",
	Fields: []reference.Param{
		reference.Field("config?: table", "`[account.plugin.NAME.config]`: these settings come before those of the plugin.", "`[account.plugin.名字.config]`：优先于插件的同名设置。"),
		reference.Field("secrets?: table", "`[account.plugin.NAME.secrets]`: the same for secrets.", "`[account.plugin.名字.secrets]`：密钥同理。"),
	},
}

var typesTable = reference.Class{
	Name: "types", Doc: "What each type of a setting takes. In the environment every value is a text, and is read as its type.", DocZH: "每种类型能填什么。环境变量里都是文字，按类型来读。",
	Fields: []reference.Param{
		{Name: TypeString, Doc: "A text; `pattern` and `enum` hold it.", DocZH: "文字；可用 `pattern`、`enum` 约束。"},
		{Name: TypeNumber, Doc: "A number; `min` and `max` hold it. Environment: `1000`, `0.5`.", DocZH: "数字；可用 `min`、`max` 约束。环境变量：`1000`、`0.5`。"},
		{Name: TypeBoolean, Doc: "true or false. Environment: `true`, `false`, `1`, `0`.", DocZH: "true 或 false。环境变量：`true`、`false`、`1`、`0`。"},
		{Name: TypeList, Doc: "A list of texts; each is held by `pattern` and `enum`. Environment: with commas between.", DocZH: "文字的列表；每一项都受 `pattern`、`enum` 约束。环境变量：用逗号隔开。"},
		{Name: TypeSecret, Doc: "A text of at least 8 characters that no script ever sees; `pattern` holds it.", DocZH: "至少 8 个字符的文字，脚本永远看不到；可用 `pattern` 约束。"},
	},
}

var faultsTable = reference.Class{
	Name: "faults", Doc: "The first word of what went wrong: of the second result of http.get, and of event.error.", DocZH: "出错原因的第一个词：http.get 的第二个返回值、event.error 都以它开头。",
	Fields: []reference.Param{
		{Name: "denied", Doc: "No rule allows the address, the request is none, or a secret is not set. Never tried again.", DocZH: "没有规则允许这个地址，请求本身不对，或密钥没有设置。不再重试。"},
		{Name: "private", Doc: "The name leads to an address that is not public, and no rule says that it may. Never tried again.", DocZH: "域名指向非公网地址，而规则没有允许。不再重试。"},
		{Name: "dns", Doc: "The name has no address.", DocZH: "域名解析不到地址。"},
		{Name: "refused", Doc: "Nobody listens there.", DocZH: "那边没有程序在听。"},
		{Name: "tls", Doc: "The certificate is not to be trusted, or is for another name.", DocZH: "证书不可信，或不是这个域名的。"},
		{Name: "timeout", Doc: "The answer was not there in time, or the decision has read from enough addresses.", DocZH: "没有及时应答，或这次决定读的地址已到上限。"},
		{Name: "reset", Doc: "The connection broke.", DocZH: "连接断了。"},
		{Name: "large", Doc: "The answer is longer than 16 KB, or its headers are.", DocZH: "应答超过 16 KB，或响应头太长。"},
		{Name: "encoding", Doc: "The answer is compressed, or is no HTTP.", DocZH: "应答是压缩过的，或不是 HTTP。"},
		{Name: "redirect", Doc: "It leads on to where it may not, or more than three times. Never tried again.", DocZH: "跳转到不允许的地方，或跳了三次以上。不再重试。"},
		{Name: "busy", Doc: "Eight requests to the host are under way, and none ended in time.", DocZH: "对这台主机已有八个请求在途，等不到空位。"},
		{Name: "down", Doc: "The host failed five times in a row just now: it is left alone for ten seconds.", DocZH: "这台主机刚刚连续失败五次：十秒内不再打扰它。"},
	},
}
