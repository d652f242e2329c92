package flows

import "fanflow/plugins/reference"

// fanClass describes the fan object of scripts: fanFields and fanAPI.
var fanClass = reference.Class{
	Name:  "Fan",
	Doc:   "The fan whom a function serves. What its methods do is collected and happens if the decision stands. What is not known is nil.",
	DocZH: "函数所服务的粉丝。方法做的事先记下来，这次决定成立才算数。不知道的字段是 nil。",
	Fields: []reference.Param{
		reference.Field("attrs: table<string, any>", "What is known of the fan, over all flows: to read and to change.", "粉丝的属性，各流程共用：可读可改。"),
		reference.Field("entered_at?: number", "When this enrollment began, in seconds since 1970.", "这段旅程的进入时刻，1970 年以来的秒数。"),
		reference.Field("first_seen?: number", "When the account first heard of the fan, in seconds since 1970.", "账号第一次见到粉丝的时刻，1970 年以来的秒数。"),
		reference.Field("last_seen?: number", "When the fan last did something, in seconds since 1970.", "粉丝最近一次有动作的时刻，1970 年以来的秒数。"),
		reference.Field("openid: string", "The fan's OpenID of this account.", "粉丝在本账号的 OpenID。"),
		reference.Field("opted_out: boolean", "Whether the fan wants no campaigns.", "粉丝是否退订了营销消息。"),
		reference.Field("remark?: string", "The operator's remark.", "运营人员的备注。"),
		reference.Field("scene?: string", "The scene of the code by which the fan first came.", "粉丝最初扫的码的场景值。"),
		reference.Field("state?: string", "The state in which the enrollment is.", "这段旅程现在所在的状态。"),
		reference.Field("subscribed: boolean", "Whether the fan follows the account.", "粉丝是否关注着账号。"),
		reference.Field("subscribed_at?: number", "Since when, in seconds since 1970.", "关注的时刻，1970 年以来的秒数。"),
		reference.Field("tags: string[]", "The fan's tags. Change them by tag and untag.", "粉丝的标签。增减请用 tag、untag。"),
		reference.Field("unionid?: string", "The UnionID, where it is known.", "UnionID，已知时才有。"),
		reference.Field("variants: table<string, string>", "The arms of this enrollment, by experiment.", "这段旅程在各实验里的组。"),
		reference.Field("vars: table<string, any>", "The variables of this enrollment: to read and to change.", "这段旅程的变量：可读可改。"),
	},
	Methods: []reference.Func{
		reference.Fn("call(flow: string, vars?: table<string, any>)", "Another flow runs as a part of this one; its result comes to on.result.", "把另一条流程当作自己的一部分来跑，结果交给 on.result。"),
		reference.Fn("cancel(key: string, ...: string)", "Takes back what waits under a key.", "收回某个 key 下等着的东西。"),
		reference.Fn("enroll(flow: string, plan?: EnrollPlan)", "Another flow takes the fan, if it will, now or at a time.", "让另一条流程接收粉丝（如果它肯），现在或到某个时间。").
			With(`fan:enroll("survey", { after = "3d", vars = { topic = "coupon" } })`),
		reference.Fn("goal(name: string, ...: string)", "Reaches a goal, once per enrollment.", "达成目标，每段旅程只算一次。"),
		reference.Fn("has(tag: string): boolean", "Whether the fan has the tag.", "粉丝有没有这个标签。"),
		reference.Fn("leave()", "Ends the enrollment after the function.", "函数做完就结束这段旅程。"),
		reference.Fn("message(message: string|Message|Article[], options?: SendOptions)", "Goes by customer service.", "走客服消息。").
			With(`fan:message("预约提醒:明天 10 点", { at = "+1d 09:00", key = "visit", expires = "2h" })`),
		reference.Fn("notice(name: string, data?: table<string, string|number>, options?: TemplateOptions)", "A subscription notice, which opens no page.", "订阅通知，不能带网页。"),
		reference.Fn("opt_in()", "The fan wants campaigns again.", "粉丝又要营销消息了。"),
		reference.Fn("opt_out()", "The fan wants no campaigns any more.", "粉丝不要营销消息了。"),
		reference.Fn("reply(message: string|Message|Article[])", "Answers. The second and later ones, and those of timers, go by customer service.", "被动回复。第二条起，以及定时器里的，走客服消息。").
			With(`fan:reply("您的券码:" .. (fan.vars.code or ""))`),
		reference.Fn("send(message: string|Message|Article[], options?: SendOptions)", "Takes the cheapest open route: the passive reply where it is free, else customer service. A campaign unless purpose says otherwise.", "走当时最省的通道：还能被动回复就被动回复，否则走客服消息。除非 purpose 另说，算营销消息。"),
		reference.Fn("tag(name: string, ...: string)", "Gives the fan tags.", "打标签。"),
		reference.Fn("template(name: string, data?: table<string, string|number>, options?: TemplateOptions)", "A template message: service, never a campaign.", "模板消息：只用于服务，绝不用于营销。").
			With(`fan:template("COUPON_EXPIRING", { thing1 = "春季券", time2 = time.date("+6d 22:00") }, { at = "+6d 10:00" })`),
		reference.Fn("transfer(agent?: string)", "Hands the fan over to customer service, to an agent if one is named. It is the one reply.", "转人工客服，可指定客服账号。它就是唯一的那条回复。"),
		reference.Fn("untag(name: string, ...: string)", "Takes tags off.", "去掉标签。"),
		reference.Fn("variant(experiment: string, arms?: table<string, number>): string", "The fan's arm of an experiment that the flow declares, or of one that is given with its arms; \"\" for who is held out.", "粉丝在实验里的组：流程声明过的实验，或在此写出各组；对照组的粉丝为 \"\"。").
			With(`local arm = fan:variant("tone", { warm = 1, brief = 1 })`),
	},
}
