package flows

import "fanflow/plugins/reference"

// hookClasses describe what hooks of plugins are given and what they return.
func hookClasses() []reference.Class {
	return []reference.Class{hooksClass, outgoingClass, sentClass, webhookClass, accountClass, eventRulingClass, sendRulingClass, hookEventClass}
}

// HookWords names the classes of [Reference] that describe hooks of plugins.
func HookWords() (names []string) {
	for _, c := range hookClasses() {
		names = append(names, c.Name)
	}
	return names
}

var hooksClass = reference.Class{
	Name: "Hooks", Doc: "The hooks of a plugin: its field hooks. Each is one function for all, or a table of functions by name; of several that take a name the longest does.",
	DocZH: "插件的钩子，写在字段 hooks 里。每种钩子是一个管全部的函数，或按名字分的一组函数；几个名字都对得上时，用最长的那个。",
	Fields: []reference.Param{
		reference.Field("on_event?: function|table<string, fun(fan: Fan, event: Event): EventRuling|boolean|nil>",
			"Sees an event after the account's own words and before any flow. A function for all does not hear what flows tell each other (tag, untag, attr, goal) nor sent: name those.",
			"在账号自己的口令之后、所有流程之前看到事件。管全部的函数听不到流程互相告知的事（tag、untag、attr、goal）和 sent：这些要写明。"),
		reference.Field("before_send?: function|table<string, fun(send: Outgoing): SendRuling|string|boolean|nil>",
			"Is asked once whether a message may go, by channel: passive, customer, template, notice, mass. It only looks: it changes neither the fan nor kv.",
			"每条消息发出前问一次能不能发，按通道分：passive、customer、template、notice、mass。只能看：不改粉丝，也不写 kv。"),
		reference.Field("after_send?: function|table<string, fun(send: Sent)>",
			"Hears how a message has ended: delivered, failed, skipped, expired, uncertain; that it was sent only by that name.",
			"知道消息的结果：delivered、failed、skipped、expired、uncertain；sent（平台已接收）要写明才听得到。"),
		reference.Field("on_webhook?: function|table<string, fun(hook: Webhook): HookEvent|HookEvent[]|nil>",
			"Takes calls of other systems that are about no fan, by globs of their names. Tried three times.",
			"接收与某个粉丝无关的外部调用，名字可用通配。最多试三次。"),
		reference.Field("every?: table<string, fun(account: Account)>", "Runs at times, by cron expressions in the account's zone.", "按 cron 表达式定时运行，时区是账号的时区。"),
		reference.Field("on_error?: string", "What becomes of a message whose before_send fails: \"hold\" (it waits 1, 5 and 15 minutes, then is skipped) or \"pass\".",
			"before_send 出错时消息怎么办：\"hold\"（等 1、5、15 分钟再问，之后不发）或 \"pass\"（照发）。"),
		reference.Field("missed?: string", "What becomes of a time of every that passed while the service was down: \"run\" (once) or \"skip\".",
			"服务停着时错过的 every：\"run\"（补一次）或 \"skip\"（不补）。"),
	},
}

var eventRulingClass = reference.Class{
	Name: "EventRuling", Doc: "What on_event may return: one of both. Nothing lets the event go on; false stops it.",
	DocZH: "on_event 的返回值，二选一。什么都不返回就继续；false 就拦下。",
	Fields: []reference.Param{
		reference.Field("event?: { text?: string, data?: any }", "Flows see these words (of a text) or this data (of a webhook). The journal keeps the original.", "流程看到的是这些文字（文本消息）或这份数据（webhook）。日志里是原样。"),
		reference.Field("stop?: string", "Why no flow is offered the event. Exit rules act all the same.", "为什么不交给任何流程。退出规则照常生效。"),
	},
}

var outgoingClass = reference.Class{
	Name: "Outgoing", Doc: "A message that is about to go. It has text, or message, or template with data and url.",
	DocZH:  "将要发出的一条消息。有 text，或有 message，或有 template 及其 data、url。",
	Fields: outgoingFields,
}

// outgoingFields are what before_send sees, and after_send also.
var outgoingFields = []reference.Param{
	reference.Field("channel: string", "passive, customer, template, notice or mass.", "passive、customer、template、notice 或 mass。"),
	reference.Field("purpose?: string", "service or campaign.", "service 或 campaign。"),
	reference.Field("id?: string", "Of the send; a passive reply has none.", "发送的编号；被动回复没有。"),
	reference.Field("flow?: string", "The flow that ordered it.", "要发它的流程。"),
	reference.Field("text?: string", "Its words, if it is a text.", "文本消息的文字。"),
	reference.Field("message?: Message", "What it is, if it is neither a text nor a template.", "既不是文本也不是模板时的内容。"),
	reference.Field("template?: string", "The name of the template, of template and notice.", "模板消息、订阅通知的模板名。"),
	reference.Field("data?: table<string, string>", "What the template is filled with.", "模板里填的内容。"),
	reference.Field("url?: string", "The page that a template opens.", "模板消息打开的网页。"),
	reference.Field("created?: number", "When it was ordered, in seconds since 1970.", "要求发送的时刻，1970 年以来的秒数。"),
	reference.Field("due?: number", "When it is to go, in seconds since 1970.", "应发的时刻，1970 年以来的秒数。"),
	reference.Field("status?: string", "How the send stands.", "发送的状态。"),
	reference.Field("fan?: Fan", "The fan, to look at; nil for a mass send.", "粉丝，只能看；群发时是 nil。"),
}

var sendRulingClass = reference.Class{
	Name: "SendRuling", Doc: "What before_send may return to change a message. Nothing or true lets it go; a text, or false, stops it.",
	DocZH: "before_send 改消息时的返回值。什么都不返回或 true 就照发；一段文字或 false 就不发。",
	Fields: []reference.Param{
		reference.Field("text?: string", "These words go instead.", "改发这些文字。"),
		reference.Field("message?: string|Message", "This goes instead.", "改发这条消息。"),
		reference.Field("data?: table<string, string|number>", "Fills the template or notice, instead of all that was in it.", "模板或通知改填这些内容，整个替换。"),
		reference.Field("url?: string", "The page that the template opens instead.", "模板消息改打开这个网页。"),
	},
}

var sentClass = reference.Class{
	Name: "Sent", Doc: "A message that has ended, with how. Beside these it has the fields of Outgoing; its fan can be acted upon.",
	DocZH: "一条已有结果的消息。除下列字段外还有 Outgoing 的字段；它的 fan 可以操作。",
	Fields: []reference.Param{
		reference.Field("status: string", "sent, delivered, failed, skipped, expired or uncertain.", "sent、delivered、failed、skipped、expired 或 uncertain。"),
		reference.Field("reason?: string", "Why it did not arrive.", "没送到的原因。"),
		reference.Field("channel: string", "passive, customer, template, notice or mass.", "passive、customer、template、notice 或 mass。"),
		reference.Field("sent_at?: number", "When the platform took it, in seconds since 1970.", "平台接收的时刻，1970 年以来的秒数。"),
		reference.Field("fan?: Fan", "The fan; nil for a mass send.", "粉丝；群发时是 nil。"),
		reference.Field("msgid?: string", "Of a mass send: the platform's id.", "群发：平台的编号。"),
		reference.Field("counts?: { total: number, filtered: number, sent: number, failed: number }", "Of a mass send: how many fans it was for, were left out, got it, did not.", "群发：目标、被过滤、成功、失败的人数。"),
	},
	Open: true,
}

var webhookClass = reference.Class{
	Name: "Webhook", Doc: "A call of another system that is about no fan.", DocZH: "与某个粉丝无关的一次外部调用。",
	Fields: []reference.Param{
		reference.Field("event: string", "Its name, from the address.", "事件名，来自地址。"),
		reference.Field("data?: any", "The body, if it is JSON: all of it.", "正文是 JSON 时的全部内容。"),
		reference.Field("body?: string", "The body, if it is no JSON.", "正文不是 JSON 时的原文。"),
		reference.Field("key?: string", "Its Idempotency-Key.", "请求的 Idempotency-Key。"),
		reference.Field("received_at: number", "In seconds since 1970.", "收到的时刻，1970 年以来的秒数。"),
		reference.Field("account: Account", "The account that it came to.", "收到它的账号。"),
	},
}

var hookEventClass = reference.Class{
	Name: "HookEvent", Doc: "An event for a fan, as on_webhook returns it; flows hear it as webhook. It has openid or unionid.",
	DocZH: "on_webhook 返回的、交给某个粉丝的事件，流程里就是 webhook。openid、unionid 二选一。",
	Fields: []reference.Param{
		reference.Field("openid?: string", "Whom it is for.", "给哪个粉丝。"),
		reference.Field("unionid?: string", "Whom it is for, by UnionID.", "按 UnionID 指定粉丝。"),
		reference.Field("event: string", "Its name, as flows hear it.", "事件名，流程按它来听。"),
		reference.Field("data?: any", "What flows see as event.data.", "流程里的 event.data。"),
		reference.Field("key?: string", "Two events of one fan, name and key within seven days are one.", "七天内同一粉丝、同名、同 key 的事件只算一次。"),
		reference.Field("create?: boolean", "Also for a fan never heard of.", "没见过的粉丝也收。"),
	},
}

var accountClass = reference.Class{
	Name: "Account", Doc: "The account that a plugin runs for, where no fan is served.", DocZH: "没有粉丝时，插件为之运行的账号。",
	Fields: []reference.Param{
		reference.Field("name: string", "Its name in the configuration.", "配置里的账号名。"),
		reference.Field("due: number", "The time that the run stands for, in seconds since 1970.", "这次运行对应的时刻，1970 年以来的秒数。"),
	},
	Methods: []reference.Func{
		reference.Fn("event(openid: string, name: string, data?: any, options?: { key?: string, create?: boolean })",
			"An event for a fan, as another system would send it: flows hear webhook. At most 100 in a run; of a fan who is not there the log tells.",
			"给某个粉丝一个事件，如同外部系统发来的，流程里是 webhook。一次运行最多 100 个；没有这个粉丝就记到服务日志。"),
	},
}
