package flows

import (
	"slices"

	"fanflow/plugins/reference"
)

// planParams describe planFields, sendParams optionFields.
var planParams = []reference.Param{
	reference.Field("after?: string", "A delay from now: \"2h\"; excludes at.", "从现在起的延时：\"2h\"；不能与 at 同用。"),
	reference.Field("at?: string", "A moment of the account's calendar: \"+6d 10:00\", \"22:00\" (the next), \"2026-12-24 10:00\".", "账号日历上的时刻：\"+6d 10:00\"、\"22:00\"（下一个）、\"2026-12-24 10:00\"。"),
	reference.Field("expires?: string", "A delay from when it is due; after that it is not done any more.", "到点之后还等多久；过了就不做了。"),
	reference.Field("key?: string", "Names what is scheduled, per fan and flow: ordering it again replaces what waits.", "给排好的事起名，按粉丝和流程区分：再排一次就替换等着的。"),
	reference.Field("late?: string", "What to do when its time has passed by more than a minute: \"run\" (default), \"skip\", \"next\" or \"09:00-21:00\".", "过点一分钟以上怎么办：\"run\"（默认）、\"skip\"、\"next\" 或 \"09:00-21:00\"。"),
}

var sendParams = append(slices.Clone(planParams),
	reference.Field("purpose?: \"service\"|\"campaign\"", "send is a campaign by default, the others service.", "send 默认是营销（campaign），其余是服务（service）。"))

// richParams describe riches, by kind.
var richParams = map[string]reference.Class{
	"video": {
		Name: "Video", Doc: "A video.", DocZH: "视频。",
		Fields: []reference.Param{
			reference.Field("description?: string", "Its description.", "描述。"), reference.Field("media_id: string", "Its media id.", "媒体 id。"),
			reference.Field("thumb_media_id?: string", "The media id of the preview; customer service needs it.", "缩略图的媒体 id；客服消息必填。"), reference.Field("title?: string", "Its title.", "标题。"),
		},
	},
	"music": {
		Name: "Music", Doc: "Music.", DocZH: "音乐。",
		Fields: []reference.Param{
			reference.Field("description?: string", "Its description.", "描述。"), reference.Field("hqmusicurl?: string", "Its address on Wi-Fi.", "Wi-Fi 下的网址。"),
			reference.Field("musicurl: string", "Its address.", "网址。"), reference.Field("thumb_media_id: string", "The media id of the preview.", "缩略图的媒体 id。"), reference.Field("title?: string", "Its title.", "标题。"),
		},
	},
	"msgmenu": {
		Name: "Menu", Doc: "A question with answers to tap; the answer comes back as a text.", DocZH: "带选项的菜单消息；粉丝点选后回来一条文字。",
		Fields: []reference.Param{
			reference.Field("head_content?: string", "What stands before the answers.", "选项前的文字。"), reference.Field("list: (string|table)[]", "The answers: texts, or { id =, content = }.", "选项：文字，或 { id =, content = }。"),
			reference.Field("tail_content?: string", "What stands behind them.", "选项后的文字。"),
		},
	},
	"miniprogrampage": {
		Name: "MiniProgram", Doc: "A mini program card.", DocZH: "小程序卡片。",
		Fields: []reference.Param{
			reference.Field("appid: string", "The AppID.", "AppID。"), reference.Field("pagepath: string", "The page.", "页面路径。"),
			reference.Field("thumb_media_id: string", "The media id of the picture.", "封面的媒体 id。"), reference.Field("title: string", "The title.", "标题。"),
		},
	},
}

var articleParams = []reference.Param{
	reference.Field("description?: string", "Its description.", "描述。"), reference.Field("picurl?: string", "The address of its picture.", "封面图网址。"),
	reference.Field("title: string", "Its title.", "标题。"), reference.Field("url?: string", "Where it leads.", "点开的网址。"),
}

// messageClasses are what reply, message, send, template, notice and enroll take.
func messageClasses() []reference.Class {
	message := reference.Class{
		Name: "Message", Parent: "SendOptions", Doc: "A message: one of text, news, image, voice, video, music, msgmenu, miniprogrampage, or the fields of an article; options may stand beside it.",
		DocZH: "一条消息：text、news、image、voice、video、music、msgmenu、miniprogrampage 之一，或直接写一篇图文的字段；选项可以写在旁边。",
		Fields: []reference.Param{
			reference.Field("image?: string", "The media id of a picture.", "图片的媒体 id。"),
			reference.Field("news?: Article|Article[]", "An article, or a list of them.", "一篇或多篇图文。"),
			reference.Field("text?: string", "A text.", "文字。"),
			reference.Field("voice?: string", "The media id of a voice message.", "语音的媒体 id。"),
		},
	}
	for _, kind := range sortedKeys(richParams) {
		c := richParams[kind]
		message.Fields = append(message.Fields, reference.Param{Name: kind, Type: c.Name, Optional: true, Doc: c.Doc, DocZH: c.DocZH})
	}
	for _, p := range articleParams {
		p.Optional = true
		message.Fields = append(message.Fields, p)
	}
	out := []reference.Class{message, {Name: "Article", Doc: "An article.", DocZH: "图文。", Fields: articleParams}}
	for _, kind := range sortedKeys(richParams) {
		out = append(out, richParams[kind])
	}
	url := reference.Field("url?: string", "The page that it opens; notices have none.", "点开的网页；订阅通知不能带。")
	return append(out,
		reference.Class{Name: "SendOptions", Doc: "When a message goes, and when it is too late for it.", DocZH: "消息何时发出，何时作罢。", Fields: sendParams},
		reference.Class{Name: "TemplateOptions", Parent: "SendOptions", Doc: "Options of a template message or notice.", DocZH: "模板消息、订阅通知的选项。", Fields: []reference.Param{url}},
		reference.Class{
			Name: "Template", Parent: "TemplateOptions", Doc: "A template message or notice as plain data.", DocZH: "数据写法的模板消息或订阅通知。",
			Fields: []reference.Param{
				reference.Field("data?: table<string, string|number>", "What stands under the template's keys.", "模板各项的内容。"),
				reference.Field("name: string", "Its name in the configuration.", "配置里的模板名。"),
			},
		},
		reference.Class{
			Name: "EnrollPlan", Doc: "When another flow takes the fan, and with which variables.", DocZH: "另一条流程何时接收粉丝，带什么变量。",
			Fields: append(slices.Clone(planParams), reference.Field("vars?: table<string, any>", "Its variables.", "它的变量。")),
		},
		reference.Class{
			Name: "EnrollStart", Parent: "EnrollPlan", Doc: "enroll as plain data.", DocZH: "数据写法的 enroll。",
			Fields: []reference.Param{reference.Field("flow: string", "The flow's name.", "流程名。")},
		},
	)
}

// onClass, triggersClass and exitClass have a field for each event that can stand there.
func onClass() reference.Class {
	c := reference.Class{
		Name: "On", Doc: "Events, and what each leads to: an action, or a table of keys and actions.", DocZH: "事件，以及各自引出什么：一个动作，或一张键与动作的表。",
	}
	for _, w := range eventWords {
		if _, ok := eventSubjects[w.name]; !ok {
			continue
		}
		one := "string|Action|fun(fan: Fan, event: Event." + w.name + "): string?"
		typ := one
		if keyed[w.name] || w.name == "link" {
			typ = one + "|table<string, " + one + ">"
		}
		c.Fields = append(c.Fields, reference.Param{Name: w.name, Type: typ, Optional: true, Doc: w.doc, DocZH: w.zh})
	}
	return c
}

func triggersClass() reference.Class {
	c := reference.Class{Name: "Triggers", Doc: "What enrolls a fan: events with their keys, or true for the event as such.", DocZH: "什么让粉丝进入：事件和它的键，或 true 表示这类事件都算。"}
	for _, w := range eventWords {
		if _, ok := eventSubjects[w.name]; !ok || w.name == resultEvent {
			continue
		}
		typ := "boolean"
		if keyed[w.name] || w.name == "link" {
			typ = "boolean|string|string[]"
		}
		c.Fields = append(c.Fields, reference.Param{Name: w.name, Type: typ, Optional: true, Doc: w.doc, DocZH: w.zh})
	}
	c.Fields = append(c.Fields,
		reference.Field("at?: table<string, Audience>", "Once, at a date: [\"2026-12-24 10:00\"].", "在某个日期一次：[\"2026-12-24 10:00\"]。"),
		reference.Field("every?: table<string, Audience>", "Again and again: [\"mon 10:00\"].", "一次又一次：[\"mon 10:00\"]。"),
		reference.Field("listen?: boolean", "true: they enroll without taking the event.", "true：进入但不接手事件。"),
	)
	return c
}

// exitWords describe exitEvents.
var exitWords = map[string][2]string{
	"unsubscribe": {"The fan left the account.", "粉丝取消了关注。"}, "optout": {"The fan opted out of campaigns.", "粉丝退订了营销消息。"},
	"tag": {"The fan got a tag.", "粉丝被打上标签。"}, "untag": {"A tag was taken off.", "标签被去掉。"}, "attr": {"An attribute changed.", "属性变了。"},
	"goal": {"A goal was reached.", "达成了目标。"}, "webhook": {"Another system told something.", "其他系统通知了一件事。"},
}

func exitClass() reference.Class {
	c := reference.Class{Name: "Exit", Doc: "What ends an enrollment wherever it is: names, or names and the final states they lead to.", DocZH: "无论粉丝在哪都结束旅程的事：名字，或名字与要经过的终点。"}
	for _, name := range sortedKeys(exitWords) {
		typ := "boolean"
		if exitEvents[name] != "" {
			typ = "boolean|string|string[]|table<string, boolean|string>"
		}
		c.Fields = append(c.Fields, reference.Param{Name: name, Type: typ, Optional: true, Doc: exitWords[name][0], DocZH: exitWords[name][1]})
	}
	return c
}
