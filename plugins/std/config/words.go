package config

import "fanflow/plugins/reference"

var configWords = reference.Module{
	Name: "config",
	Doc: "What the operator has set for the plugin in fanflow.toml, by the names of the plugin's schema M.config: config.url. What is not set has the schema's default, else it is nil. " +
		"It can be read only inside of functions, not changed, and is there in plugins alone. pairs(config) walks what has a value.",
	DocZH: "运营人员在 fanflow.toml 里给插件的设置，名称与插件的 M.config 一致：config.url。没有设置的取默认值，没有默认值则为 nil。只能在函数里读取，不能修改，只有插件才有。pairs(config) 遍历有值的设置。",
}

var secretsWords = reference.Module{
	Name: "secrets",
	Doc: "The plugin's secrets by name: secrets.token; nil where the operator has set none. What stands for a secret has no text that a script could see, keep or send to a fan: " +
		"http takes it in headers, query, form and json, crypto.hmac_sha256 as the key, and it is opened there alone. It is there in plugins alone.",
	DocZH: "插件的密钥，按名称：secrets.token；没有设置则为 nil。脚本看不到密钥的内容，也不能保存或发给粉丝：http 的 headers、query、form、json 和 crypto.hmac_sha256 的 key 可以用它，只在那里才解开。只有插件才有。",
	Funcs: []reference.Func{
		reference.Fn("join(...: any): any", "A text made of texts, numbers and secrets, for http: \"Bearer \" and a token. At most 64 parts and 4 KB of text.",
			"把文字、数字和密钥拼成一段，供 http 使用，例如 \"Bearer \" 加令牌。最多 64 段、4 KB 文字。"),
	},
}

// Words describe the modules.
func Words() []reference.Module { return []reference.Module{configWords, secretsWords} }
