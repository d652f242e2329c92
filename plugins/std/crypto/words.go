package crypto

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "crypto",
	Doc:   "Digests and codings, for signed links and the APIs of others.",
	DocZH: "摘要与编码，用于签名链接和对接其他系统的接口。",
	Funcs: []reference.Func{
		reference.Fn("base64(s: string): string", "Base64 with padding.", "Base64 编码，带补位。"),
		reference.Fn("base64_decode(s: string): string?", "The bytes of a base64 text with padding; nil where it is none.", "解码 Base64；格式不对则为 nil。"),
		reference.Fn("hex(s: string): string", "Two lower-case digits for each byte.", "十六进制编码，小写。"),
		reference.Fn("hex_decode(s: string): string?", "The bytes of a hex text; nil where it is none.", "解码十六进制；格式不对则为 nil。"),
		reference.Fn("hmac_sha256(key: string|userdata, s: string): string",
			"The HMAC-SHA-256 of s under key, a text or a secret of the plugin, in hex. Services that want it in base64: crypto.base64(crypto.hex_decode(…)).",
			"用 key（文字，或插件的密钥）对 s 做 HMAC-SHA-256，结果为十六进制。对方要求 Base64 时：crypto.base64(crypto.hex_decode(…))。").
			With(`local sign = crypto.base64(crypto.hex_decode(crypto.hmac_sha256("key", "text")))`),
		reference.Fn("random_token(n: integer): string",
			"n (1 to 64) capital letters and digits without 0, 1, I, L and O. From the decision's seed, so that a repeated decision gives the same: good for codes that fans type, not for passwords and keys.",
			"n 个（1 到 64）大写字母和数字，不含 0、1、I、L、O。由这次决定的种子产生，重做决定结果相同：适合粉丝输入的券码，不可用作密码或密钥。"),
		reference.Fn("sha256(s: string): string", "The SHA-256 of s, in hex.", "s 的 SHA-256，结果为十六进制。"),
	},
}
