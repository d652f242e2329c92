package flows

import (
	"slices"

	"fanflow/plugins"
	"fanflow/plugins/reference"
)

// seriesFuncs are the calls by which a broadcast and a drip are declared.
var seriesFuncs = []reference.Func{
	reference.Fn("broadcast(declaration: Broadcast): Broadcast", "Declares a broadcast: the script ends with return broadcast { … }.", "声明一次群发：脚本以 return broadcast { … } 结尾。"),
	reference.Fn("drip(declaration: Drip): Drip", "Declares a drip, a series of messages: the script ends with return drip { … }.", "声明一组定时消息：脚本以 return drip { … } 结尾。"),
}

// seriesClasses describe what they take. A drip has fields of a flow and of its own, a step verbs of an action and its time.
func seriesClasses() []reference.Class {
	drip := reference.Class{
		Name: "Drip", Doc: "A series of messages at offsets from the entry. It becomes a flow, with a state for each step.", DocZH: "按进入后的时间依次发送的一组消息。它会变成一条流程，每一步是一个状态。",
		Fields: []reference.Param{
			reference.Field("late?: string", "What becomes of a step whose time has passed: \"next\" (default), \"run\", \"skip\" or hours.", "过点的步骤怎么办：\"next\"（默认）、\"run\"、\"skip\" 或时段。"),
			reference.Field("purpose?: \"campaign\"|\"service\"", "Of what is sent; default campaign.", "消息的用途；默认营销（campaign）。"),
			reference.Field("steps: DripStep[]", "The steps, in the order of their times.", "各步，按时间先后。"),
		},
	}
	step := reference.Class{
		Name: "DripStep", Doc: "A step: its time, counted from the entry, and what is sent and noted.", DocZH: "一步：从进入时算起的时间，以及发什么、记什么。",
		Fields: []reference.Param{
			reference.Field("after?: string", "So long after the entry: \"3d\", \"2h\".", "进入之后多久：\"3d\"、\"2h\"。"),
			reference.Field("at?: string", "That many days after the day of entry, at a time: \"+3d 10:00\".", "进入当天之后第几天的几点：\"+3d 10:00\"。"),
			reference.Field("when?: When", "For whom.", "发给谁。"),
		},
	}
	set := reference.Set{Classes: flowClasses}
	for _, f := range set.Class("Flow").Fields {
		if slices.Contains(dripFlowFields, f.Name) {
			drip.Fields = append(drip.Fields, f)
		}
	}
	for _, f := range set.Class("Action").Fields {
		if slices.Contains(plugins.DripVerbs, f.Name) {
			step.Fields = append(step.Fields, f)
		}
	}
	return []reference.Class{drip, step, broadcastClass}
}

var broadcastClass = reference.Class{
	Name: "Broadcast", Doc: "A mass send. It is data: fanflow runs no Lua when it goes out.", DocZH: "群发。它是数据：发出时不运行 Lua。",
	Fields: []reference.Param{
		reference.Field("audience: table", "{ tag = \"…\" } or { all = true }.", "{ tag = \"…\" } 或 { all = true }。"),
		reference.Field("cron?: string", "When, in the account's zone: \"0 10 * * 1\"; left out: by hand.", "何时，按账号时区：\"0 10 * * 1\"；不写则手动发送。"),
		reference.Field("message: table", "One of text, articles, image, voice.", "text、articles、image、voice 之一。"),
		reference.Field("missed?: \"run\"|\"skip\"", "What fell due while fanflow was down: once (default), or not at all.", "停机时错过的：补一次（默认）或跳过。"),
		reference.Field("name: string", "Its name.", "名字。"),
		reference.Field("purpose?: \"campaign\"|\"service\"", "Default campaign.", "默认营销（campaign）。"),
		reference.Field("title?: string", "A name for people.", "给人看的名字。"),
	},
}
