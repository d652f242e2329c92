package http

import "fanflow/plugins/reference"

// words describe the module.
var words = reference.Module{
	Name: "http",
	Doc: "Other systems over HTTP, as far as http_allow of the account and permissions.hosts of the plugin reach. Reading with get ends in the " +
		"decision, so it has to be quick: one second each, at most three in a decision, two seconds in all. Everything else is ordered: it is done after " +
		"the decision is kept, tried again where it fails, and its answer comes as the event answer.",
	DocZH: "通过 HTTP 访问其他系统，范围由账号的 http_allow 和插件的 permissions.hosts 决定。get 在处理过程中读取，必须快：每次一秒，一次处理最多三次，总共两秒。" +
		"其余方法只是下单：处理结果保存之后才执行，失败会重试，结果以 answer 事件返回。",
	Funcs: []reference.Func{
		{
			Name: "get",
			Doc: "Reads a URL. Gives the answer, with any status, or nil and what went wrong, such as \"timeout: …\". The first word is denied, private, dns, " +
				"refused, tls, timeout, reset, large, encoding, redirect, busy or down.",
			DocZH: "读取一个网址。返回应答（不论状态码），或者 nil 加出错原因，例如 \"timeout: …\"。第一个词是 denied、private、dns、refused、tls、timeout、reset、large、" +
				"encoding、redirect、busy 或 down。",
			Params:  []reference.Param{{Name: "url", Type: "string"}, {Name: "options", Type: "HTTPReadOptions", Optional: true}},
			Returns: []reference.Param{{Name: "answer", Type: "HTTPAnswer", Optional: true}, {Name: "why", Type: "string", Optional: true}},
			Example: "local function level(openid)\n  local answer, why = http.get(\"https://crm.example.com/members\", { query = { openid = openid }, cache = \"5m\" })\n" +
				"  if not answer then log.info(why) return nil end\n  return answer.ok and answer.json.level or nil\nend\nreturn level",
		},
		ordered("post", "POST", "local function save(openid, phone)\n  http.post(\"https://crm.example.com/members\", { json = { openid = openid, phone = phone }, as = \"save\" })\nend\nreturn save"),
		ordered("put", "PUT", ""),
		ordered("patch", "PATCH", ""),
		ordered("delete", "DELETE", ""),
	},
}

func ordered(name, method, example string) reference.Func {
	return reference.Func{
		Name: name,
		Doc: "Orders a " + method + " and gives its id. It is made after the decision is kept, with the header Idempotency-Key, the same at every try; " +
			"the event answer tells how it ended.",
		DocZH:   "下单一次 " + method + " 调用并返回它的编号。处理结果保存之后才执行，带请求头 Idempotency-Key，每次重试都相同；结果由 answer 事件告知。",
		Params:  []reference.Param{{Name: "url", Type: "string"}, {Name: "options", Type: "HTTPCallOptions", Optional: true}},
		Returns: []reference.Param{{Name: "id", Type: "string"}},
		Example: example,
	}
}

// Words describe the module.
func Words() reference.Module { return words }

// Classes describe what its functions take and give.
func Classes() []reference.Class {
	headers := reference.Param{
		Name: "headers", Type: "table<string, string>", Optional: true,
		Doc: "Headers; a value may be a secret.", DocZH: "请求头；值可以是密钥。",
	}
	query := reference.Param{
		Name: "query", Type: "table<string, string>", Optional: true,
		Doc: "Parameters of the URL; a value may be a secret.", DocZH: "网址参数；值可以是密钥。",
	}
	return []reference.Class{
		{
			Name: "HTTPAnswer", Doc: "What another system answered.", DocZH: "其他系统的应答。",
			Fields: []reference.Param{
				{Name: "status", Type: "integer", Doc: "The status, such as 200.", DocZH: "状态码，例如 200。"},
				{Name: "ok", Type: "boolean", Doc: "The status is one of 200 to 299.", DocZH: "状态码在 200 到 299 之间。"},
				{Name: "body", Type: "string", Doc: "At most 16 KB.", DocZH: "最多 16 KB。"},
				{Name: "headers", Type: "table<string, string>", Doc: "By lower-case name: content-type, etag, last-modified, link, location, retry-after and those that begin with x-.", DocZH: "名称小写：content-type、etag、last-modified、link、location、retry-after 和 x- 开头的。"},
				{Name: "json", Type: "any", Doc: "The body read as JSON; fails where it is none.", DocZH: "按 JSON 解析的正文；不是 JSON 时报错。"},
			},
		},
		{
			Name: "HTTPReadOptions", Doc: "Options of http.get.", DocZH: "http.get 的选项。",
			Fields: []reference.Param{
				headers, query,
				{Name: "cache", Type: "string", Optional: true, Doc: "How long the answer may be used again: \"5m\", at most a day.", DocZH: "应答可以重复使用多久：\"5m\"，最长一天。"},
			},
		},
		{
			Name: "HTTPCallOptions", Doc: "Options of the other functions of http. One of body, json and form.", DocZH: "http 其他函数的选项。body、json、form 三者选一。",
			Fields: []reference.Param{
				headers, query,
				{Name: "body", Type: "string", Optional: true, Doc: "A text; may be a secret.", DocZH: "文本；可以是密钥。"},
				{Name: "json", Type: "any", Optional: true, Doc: "A value that is sent as JSON; texts in it may be secrets.", DocZH: "以 JSON 发送的值；其中的文本可以是密钥。"},
				{Name: "form", Type: "table<string, string>", Optional: true, Doc: "Fields that are sent as a form; a value may be a secret.", DocZH: "以表单发送的字段；值可以是密钥。"},
				{Name: "as", Type: "string", Optional: true, Doc: "The name of the answer event; the host if it is left out.", DocZH: "answer 事件的名称；省略时为主机名。"},
				{Name: "key", Type: "string", Optional: true, Doc: "The Idempotency-Key; the call's id if it is left out.", DocZH: "Idempotency-Key；省略时为调用编号。"},
				{Name: "expires", Type: "string", Optional: true, Doc: "After which it is not tried any more: \"1h\", at most 7 days.", DocZH: "超过多久不再重试：\"1h\"，最长 7 天。"},
			},
		},
	}
}
