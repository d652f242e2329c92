package flows

import "fanflow/plugins/reference"

// The tables that a flow is declared by. What the fields do in full stands in the guide of flows.
var flowClasses = []reference.Class{
	{
		Name: "Flow", Doc: "What a script returns by return flow { … }.", DocZH: "脚本用 return flow { … } 返回的流程。",
		Fields: []reference.Param{
			reference.Field("again?: string|boolean|Again", "When a fan may enter once more: \"30d\" after leaving, true or \"0s\" at once, \"never\"; default never.", "粉丝何时可以再次进入：\"30d\" 为离开 30 天后，true 或 \"0s\" 为立即，\"never\" 为不可；默认不可。"),
			reference.Field("closes?: \"leave\"", "At `to` those who are in the flow are ended; default: they go on.", "到 `to` 时结束流程中的人；默认让他们走完。"),
			reference.Field("exit?: Exit", "What ends an enrollment wherever it is.", "无论粉丝在哪个状态，什么会结束这段旅程。"),
			reference.Field("first: string", "The state in which an enrollment begins.", "旅程开始的状态。"),
			reference.Field("from?: string", "The campaign window opens: a day or 2026-12-01 10:00, in the account's zone.", "活动窗口的开始：日期，或 2026-12-01 10:00，按账号时区。"),
			reference.Field("funnel?: string[]", "The steps that are counted, in order; default: the reachable states.", "漏斗统计的步骤，按次序；默认为能走到的状态。"),
			reference.Field("holdout?: Holdout", "A share of the fans who do not take part.", "不参加活动的一部分粉丝（对照组）。"),
			reference.Field("hours?: string", "\"09:00-21:00\": what late = \"next\" waits for; default: what the account's quiet hours leave.", "\"09:00-21:00\"：late = \"next\" 等到的时段；默认为账号免打扰之外。"),
			reference.Field("limit?: Limit", "Places in all and per day; default: none.", "名额：总数和每天；默认不限。"),
			reference.Field("listen?: On", "Rules that hear in every state, without taking.", "在每个状态里只听不接的规则。"),
			reference.Field("name: string", "The flow's name: letters, digits, - and _, up to 64 bytes. It never changes.", "流程名：字母、数字、-、_，最多 64 字节。定了就不能改。"),
			reference.Field("priority?: integer", "Higher is asked first; default 0.", "数字大的先问；默认 0。"),
			reference.Field("states: table<string, State>", "The states, by name.", "各状态，按名字。"),
			reference.Field("title?: string", "A name for people.", "给人看的名字。"),
			reference.Field("to?: string", "The window closes; a day alone is inside to its end.", "窗口的结束；只写日期则当天算在内。"),
			reference.Field("triggers?: Triggers", "What enrolls a fan; without it only enroll and call do.", "什么让粉丝进入；不写则只能由 enroll、call 进入。"),
			reference.Field("variants?: table<string, table<string, number|string>>", "Experiments: arms and their weights, and perhaps a salt.", "实验：各组和权重，可写 salt。"),
		},
	},
	{
		Name: "State", Doc: "A state of a flow.", DocZH: "流程的一个状态。",
		Fields: []reference.Param{
			reference.Field("after?: table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?>", "Timers by the time since the entry: [\"1d\"].", "进入之后多久响的定时器：[\"1d\"]。"),
			reference.Field("at?: table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?>", "Timers by a moment: [\"+1d 10:00\"], [\"2026-12-24 10:00\"], [\"${vars.visit}\"].", "按时刻响的定时器：[\"+1d 10:00\"]、[\"2026-12-24 10:00\"]、[\"${vars.visit}\"]。"),
			reference.Field("enter?: Action|fun(fan: Fan, event: Event): string?", "The action on entering; it may lead on.", "进入时的动作，可以接着转走。"),
			reference.Field("every?: table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?>", "Timers that come again: [\"1d\"], [\"10:00\"], [\"mon,thu 10:00\"], [\"day 1 10:00\"].", "一次又一次响的定时器：[\"1d\"]、[\"10:00\"]、[\"mon,thu 10:00\"]、[\"day 1 10:00\"]。"),
			reference.Field("final?: boolean", "The enrollment ends here, after enter.", "旅程到此结束（先做 enter）。"),
			reference.Field("goal?: string", "A goal that is reached by entering.", "进入即达成的目标。"),
			reference.Field("leave?: Action|fun(fan: Fan, event: Event)", "The action on leaving; it cannot lead anywhere.", "离开时的动作，不能转走。"),
			reference.Field("listen?: On", "Events that are heard without being taken.", "只听不接的事件。"),
			reference.Field("on?: On", "Events and what they lead to.", "事件，以及它们引出什么。"),
			reference.Field("result?: string", "Of a final state: what a caller hears; default the state's name.", "终点给调用者的结果；默认为状态名。"),
		},
	},
	{
		Name: "Action", Doc: "What an event, a timer or a state leads to. The verbs of one table are carried out in a fixed order, whatever their order in the script; to comes last.",
		DocZH: "事件、定时器或状态引出的动作。同一张表里的动词按固定次序执行，与书写顺序无关；to 在最后。",
		Fields: []reference.Param{
			reference.Field("add?: table<string, number|string>", "Counts attributes (points) and variables ([\"vars.n\"]) on; what is not there counts as 0.", "累加属性（points）和变量（[\"vars.n\"]）；原来没有就从 0 算起。"),
			reference.Field("call?: string|FlowStart", "Another flow runs as a part of this one.", "把另一条流程当作自己的一部分来跑。"),
			reference.Field("cancel?: string|string[]", "Takes back what waits under a key.", "收回某个 key 下等着的东西。"),
			reference.Field("case?: Case[]", "The first case whose conditions hold is carried out; stands alone.", "执行第一个条件成立的分支；不能与动词同写。"),
			reference.Field("claim?: Claim|Claim[]", "Takes the next unit of what all fans share.", "从大家共用的池子里取下一份。"),
			reference.Field("enroll?: string|EnrollStart", "Another flow takes the fan, if it will.", "让另一条流程接收粉丝（如果它肯）。"),
			reference.Field("goal?: string|string[]", "Reaches a goal, once per enrollment.", "达成目标，每段旅程只算一次。"),
			reference.Field("leave?: boolean", "true ends the enrollment after the action.", "true：动作做完就结束这段旅程。"),
			reference.Field("message?: string|Message|Article[]", "Goes by customer service.", "走客服消息。"),
			reference.Field("notice?: Template", "A subscription notice, which opens no page.", "订阅通知，不能带网页。"),
			reference.Field("reply?: string|Message|Article[]", "Answers; the second and later ones go by customer service.", "被动回复；第二条起走客服消息。"),
			reference.Field("run?: fun(fan: Fan, event: Event): string?", "A function; it may return a state. Beside it stands only to.", "函数，可以返回一个状态。旁边只能写 to。"),
			reference.Field("send?: string|Message|Article[]", "Takes the cheapest open route; a campaign unless purpose says otherwise.", "走当时最省的通道；除非 purpose 另说，算营销消息。"),
			reference.Field("set?: table<string, any>", "Gives attributes (city, attrs.city) and variables ([\"vars.code\"]) a value.", "给属性（city、attrs.city）和变量（[\"vars.code\"]）赋值。"),
			reference.Field("tag?: string|string[]", "Gives tags.", "打标签。"),
			reference.Field("template?: Template", "A template message; never a campaign.", "模板消息；绝不用于营销。"),
			reference.Field("to?: string|string[]", "The state to go to, after all verbs; beside run a list says where the function may go.", "转到哪个状态，在所有动词之后；写在 run 旁边的列表声明函数可能去哪里。"),
			reference.Field("transfer?: boolean|string", "Hands the fan over to customer service: true, or an agent.", "转人工客服：true，或客服账号。"),
			reference.Field("untag?: string|string[]", "Takes tags off.", "去掉标签。"),
			reference.Field("variant?: string|table<string, table<string, number>>", "Puts the fan's arm into the variable of that name.", "把粉丝所在的组放进同名变量。"),
		},
	},
	{
		Name: "Timer", Parent: "Action", Doc: "What a timer leads to: an action, with fields of the timer beside it.", DocZH: "定时器引出的动作，旁边可写定时器自己的字段。",
		Fields: []reference.Param{
			reference.Field("late?: string", "What is done when it comes late: \"run\" (default), \"skip\", \"next\" or \"10:00-12:00\".", "迟了怎么办：\"run\"（默认）、\"skip\"、\"next\" 或 \"10:00-12:00\"。"),
			reference.Field("name?: string", "Its name in the journal and over versions; default the time.", "在日志里和各版本之间的名字；默认是时间。"),
			reference.Field("times?: integer", "every only: how often it fires in one stay.", "只用于 every：一次停留里响几次。"),
		},
	},
	{
		Name: "Case", Parent: "Action", Doc: "One case of an action; without when it is for everybody else.", DocZH: "动作的一个分支；没有 when 即其余所有人。",
		Fields: []reference.Param{reference.Field("when?: When", "The conditions, all of which must hold.", "条件，须全部成立。")},
	},
	{
		Name: "When", Doc: "Conditions. A value is asked for by a text, a number, true (there, and not false), false, { min =, max = }, or a list: one of them.",
		DocZH: "条件。值可以写文字、数字、true（有且不为 false）、false、{ min =, max = }，或一列：符合其一。",
		Fields: []reference.Param{
			reference.Field("attr?: table<string, any>", "Each attribute named is as asked.", "列出的每个属性都符合。"),
			reference.Field("event?: table<string, any>", "Each field of the event named is as asked.", "列出的每个事件字段都符合。"),
			reference.Field("tag?: string|string[]", "The fan has the tag; of a list, all of them.", "粉丝有这个标签；写一列则全都有。"),
			reference.Field("var?: table<string, any>", "Each variable named is as asked.", "列出的每个变量都符合。"),
			reference.Field("variant?: table<string, string|string[]>", "The arm of each experiment named is as asked.", "列出的每个实验，粉丝都在所写的组。"),
			reference.Field("without?: string|string[]", "The fan has not the tag; of a list, none of them.", "粉丝没有这个标签；写一列则一个也没有。"),
		},
	},
	{
		Name: "Claim", Doc: "A unit of what all fans share: each goes to one fan, exactly.", DocZH: "大家共用的池子里的一份：每份只给一个人，分毫不差。",
		Fields: []reference.Param{
			reference.Field("key: string", "The pool.", "池子。"),
			reference.Field("limit?: integer", "The last unit; left out: there is none.", "最后一份的号码；不写则无限。"),
			reference.Field("none?: string", "The state to go to when nothing is left.", "取完时转到哪个状态。"),
			reference.Field("set?: string", "What gets the unit: \"vars.n\", \"city\".", "号码放到哪里：\"vars.n\"、\"city\"。"),
		},
	},
	{
		Name: "Again", Doc: "When a fan may enter once more.", DocZH: "粉丝何时可以再次进入。",
		Fields: []reference.Param{
			reference.Field("after?: string", "So long after leaving: \"30d\".", "离开之后多久：\"30d\"。"),
			reference.Field("times?: integer", "So often after the first.", "第一次之后还可以几次。"),
		},
	},
	{
		Name: "Limit", Doc: "Places, exact over all fans and restarts.", DocZH: "名额，分毫不差，重启也不乱。",
		Fields: []reference.Param{
			reference.Field("all?: integer", "Entries in all.", "总名额。"),
			reference.Field("day?: integer", "Entries per day of the account's zone.", "每天的名额，按账号时区。"),
		},
	},
	{
		Name: "Holdout", Doc: "Who is kept out of a campaign, so that it can be seen what it does.", DocZH: "留在活动之外的粉丝，好看出活动起了多大作用。",
		Fields: []reference.Param{
			reference.Field("salt?: string", "Flows of one salt hold out the same fans; default the flow's name.", "salt 相同的流程留下同一批人；默认为流程名。"),
			reference.Field("share: number", "Percent, above 0 and below 100.", "百分比，大于 0，小于 100。"),
			reference.Field("state?: string", "Where they begin; without it they are not enrolled.", "他们从哪个状态开始；不写则不进入。"),
		},
	},
	{
		Name: "Audience", Doc: "Whom a trigger by time enrolls: fans who follow the account.", DocZH: "按时间进入的人群：关注着账号的粉丝。",
		Fields: []reference.Param{
			reference.Field("all?: boolean", "Everybody.", "所有人。"),
			reference.Field("late?: string", "What is done when it comes late.", "迟了怎么办。"),
			reference.Field("name?: string", "Its name in the journal.", "在日志里的名字。"),
			reference.Field("tag?: string", "Who has the tag.", "有此标签的人。"),
			reference.Field("without?: string", "Who has not the tag.", "没有此标签的人。"),
		},
	},
	{
		Name: "FlowStart", Doc: "A flow that is started, with what its variables are.", DocZH: "要开始的流程和它的变量。",
		Fields: []reference.Param{
			reference.Field("flow: string", "The flow's name.", "流程名。"),
			reference.Field("vars?: table<string, any>", "Its variables.", "它的变量。"),
		},
	},
}
