package flows

import (
	"slices"

	"fanflow/plugins/reference"
)

// eventWord describes an event: when it comes, what its keys are compared with (in Chinese; eventSubjects has the English), and its fields.
type eventWord struct {
	name, doc, zh, keysZH string
	fields                []reference.Param
}

// eventClass is what all events have.
var eventClass = reference.Class{
	Name:  "Event",
	Doc:   "What a function is called for. Each kind of event has fields of its own; named groups of a regular expression are fields, too.",
	DocZH: "引出函数的事件。每类事件有自己的字段；正则表达式里命名的分组也是字段。",
	Fields: []reference.Param{
		reference.Field("captures?: string[]", "What the key of the rule has captured: each * of a pattern, each group of an expression.", "规则的键捕获的内容：模式里的每个 *，正则里的每个分组。"),
		reference.Field("created_at: number", "When WeChat says it happened, in seconds since 1970. Now is time.now().", "微信所说的发生时刻，1970 年以来的秒数。现在是 time.now()。"),
		reference.Field("type: string", "The event's name: text, scan, …; timer for what a timer leads to, time for a trigger by time.", "事件名：text、scan……；定时器引出的是 timer，按时间进入的是 time。"),
	},
}

// Fields that several events have.
var (
	keyField      = reference.Field("key?: string", "The menu item's key.", "菜单项的 key。")
	menuIDField   = reference.Field("menu_id?: string", "The id of the menu item, or of the answer of a msgmenu.", "菜单项，或 msgmenu 选项的 id。")
	articleField  = reference.Field("article_id?: string", "The article below which it was written.", "在哪篇图文下方发来。")
	sceneField    = reference.Field("scene?: string", "The scene of the code, without qrscene_.", "二维码的场景值，不带 qrscene_。")
	ticketField   = reference.Field("ticket?: string", "The ticket of the code.", "二维码的 ticket。")
	mediaField    = reference.Field("media_id: string", "The media id, good for three days.", "媒体 id，三天内有效。")
	thumbField    = reference.Field("thumb_media_id?: string", "The media id of the preview.", "缩略图的媒体 id。")
	titleField    = reference.Field("title?: string", "The title.", "标题。")
	urlField      = reference.Field("url: string", "The address.", "网址。")
	latitudeField = reference.Field("latitude: number", "In degrees.", "纬度。")
	longitude     = reference.Field("longitude: number", "In degrees.", "经度。")
	distanceField = reference.Field("distance?: number", "Metres from the middle of the circle that the rule names.", "离规则所写圆心的米数。")
	labelField    = reference.Field("label?: string", "The address in words.", "地址文字。")
	scaleField    = reference.Field("scale?: number", "The map's scale.", "地图缩放级别。")
	flowField     = reference.Field("flow?: string", "The flow that did it; nil: an operator or another system.", "由哪条流程造成；nil 表示运营人员或其他系统。")
	noticeListing = reference.Field("list: table[]", "Of each notice template_id, and status, popup_scene, msgid or code.", "每条通知的 template_id，以及 status、popup_scene、msgid 或 code。")
	agentFields   = []reference.Param{
		reference.Field("kf_account?: string", "The agent.", "客服账号。"),
		reference.Field("from_kf_account?: string", "The agent who handed over.", "转出的客服账号。"),
		reference.Field("to_kf_account?: string", "The agent who took over.", "转入的客服账号。"),
	}
	pictureFields = []reference.Param{
		keyField, reference.Field("count?: number", "How many pictures.", "图片张数。"), reference.Field("md5_sums?: string[]", "Their MD5.", "各图片的 MD5。"),
	}
	scanFields = []reference.Param{
		keyField, reference.Field("result?: string", "What the code says.", "扫到的内容。"), reference.Field("scan_type?: string", "qrcode or barcode.", "qrcode 或 barcode。"),
	}
	placeFields = []reference.Param{latitudeField, longitude, labelField, scaleField}
)

// nameOf is the field name of an event.
func nameOf(doc, zh string) reference.Param { return reference.Field("name: string", doc, zh) }

// eventWords describe eventSubjects, and the two events that no rule takes.
var eventWords = []eventWord{
	{"text", "The fan wrote.", "粉丝发来文字。", "粉丝写的话", []reference.Param{reference.Field("text: string", "What the fan wrote.", "粉丝写的话。"), menuIDField, articleField}},
	{"image", "The fan sent a picture.", "粉丝发来图片。", "", []reference.Param{mediaField, reference.Field("pic_url: string", "The picture's address.", "图片网址。"), articleField}},
	{"voice", "The fan sent a voice message.", "粉丝发来语音。", "", []reference.Param{
		mediaField, reference.Field("format: string", "amr, speex, …", "格式：amr、speex 等。"),
		reference.Field("media_id_16k?: string", "The media id at 16 kHz.", "16K 采样的媒体 id。"), reference.Field("recognition?: string", "What was said, where the platform recognizes speech.", "语音识别结果，开通时才有。"), articleField,
	}},
	{"video", "The fan sent a video.", "粉丝发来视频或小视频。", "", []reference.Param{mediaField, thumbField, articleField}},
	{"location", "The fan sent a place.", "粉丝发来位置。", "位置：写成圆，如 31.2235,121.4457 3km", append(slices.Clone(placeFields), distanceField, articleField)},
	{"link", "The fan sent a link; with keys, a tracked link was opened.", "粉丝发来链接；写了键则是粉丝点开了跟踪链接。", "", []reference.Param{titleField, reference.Field("description?: string", "The description.", "描述。"), urlField, articleField}},
	{"click_link", "A tracked link was opened.", "粉丝点开了跟踪链接。", "链接的名字", []reference.Param{nameOf("The link's name.", "链接的名字。"), urlField}},
	{"subscribe", "The fan followed the account, perhaps by a code.", "粉丝关注了账号，可能是扫码关注。", "", []reference.Param{sceneField, ticketField}},
	{"unsubscribe", "The fan left the account.", "粉丝取消了关注。", "", nil},
	{"scan", "The fan scanned a code; as a trigger also a new follower's.", "粉丝扫了二维码；作入口时也包括扫码关注的新粉丝。", "场景值", []reference.Param{sceneField, ticketField}},
	{"report", "The fan's phone reported its place.", "粉丝的手机上报了位置。", "位置：写成圆，如 31.2235,121.4457 3km", []reference.Param{latitudeField, longitude, reference.Field("precision?: number", "How exact, in metres.", "精度，米。"), distanceField}},
	{"click", "The fan tapped a menu item.", "粉丝点了菜单项。", "菜单项的 key", []reference.Param{keyField}},
	{"view", "The fan opened a page from the menu.", "粉丝从菜单打开了网页。", "菜单项的网址", []reference.Param{urlField, keyField, menuIDField}},
	{"view_miniprogram", "The fan opened a mini program from the menu.", "粉丝从菜单打开了小程序。", "小程序页面路径", []reference.Param{reference.Field("page_path: string", "The page's path.", "页面路径。"), keyField, menuIDField}},
	{"scancode_push", "The fan scanned something from the menu.", "粉丝从菜单扫码。", "菜单项的 key", scanFields},
	{"scancode_waitmsg", "The fan scanned something from the menu and waits for an answer.", "粉丝从菜单扫码，等待回复。", "菜单项的 key", scanFields},
	{"pic_sysphoto", "The fan took a photo from the menu.", "粉丝从菜单拍照。", "菜单项的 key", pictureFields},
	{"pic_photo_or_album", "The fan took or chose a photo from the menu.", "粉丝从菜单拍照或选图。", "菜单项的 key", pictureFields},
	{"pic_weixin", "The fan chose pictures from the menu.", "粉丝从菜单选择微信相册的图。", "菜单项的 key", pictureFields},
	{"location_select", "The fan chose a place from the menu.", "粉丝从菜单选择了位置。", "菜单项的 key", append(slices.Clone(placeFields), keyField, reference.Field("poiname?: string", "The place's name.", "地点名称。"))},
	{"webhook", "Another system told something.", "其他系统通知了一件事。", "事件名", []reference.Param{nameOf("The event's name.", "事件名。"), reference.Field("data: any", "What the system sent.", "对方发来的数据。")}},
	{"answer", "A call that a script ordered by http has ended.", "脚本通过 http 下单的调用有了结局。", "调用的名字，失败时后面带 :failed", []reference.Param{
		reference.Field("as: string", "The call's name.", "调用的名字。"), reference.Field("ok: boolean", "It was done: the status is one of 200 to 299.", "是否成功：状态码在 200 到 299 之间。"),
		reference.Field("status?: integer", "The status; nil if none came.", "状态码；没有应答时为 nil。"), reference.Field("body?: string", "The body, at most 16 KB.", "正文，最多 16 KB。"),
		reference.Field("json?: any", "The body read as JSON; nil if it is none.", "按 JSON 解析的正文；不是 JSON 则为 nil。"), reference.Field("error?: string", "What went wrong.", "出错原因。"),
	}},
	{"tag", "The fan got a tag.", "粉丝被打上标签。", "标签", []reference.Param{nameOf("The tag.", "标签。"), flowField}},
	{"untag", "A tag was taken off.", "标签被去掉。", "标签", []reference.Param{nameOf("The tag.", "标签。"), flowField}},
	{"attr", "An attribute changed.", "属性变了。", "属性，或 属性=值", []reference.Param{nameOf("The attribute.", "属性名。"), reference.Field("value: any", "Its new value.", "新的值。"), flowField}},
	{"goal", "A goal was reached.", "达成了目标。", "目标，或 流程.目标", []reference.Param{nameOf("The goal.", "目标。"), flowField}},
	{"sent", "A send ended.", "一条消息有了结局。", "delivered、failed、skipped、expired 或 uncertain，可以带上原因：failed:user block", []reference.Param{
		reference.Field("status: string", "delivered, failed, skipped, expired or uncertain.", "delivered、failed、skipped、expired 或 uncertain。"),
		reference.Field("reason?: string", "Why.", "原因。"), reference.Field("channel?: string", "By what route: customer, template, notice, …", "通道：customer、template、notice 等。"),
		reference.Field("template?: string", "The template's name.", "模板名。"), flowField, reference.Field("msgid?: string", "WeChat's id of the message.", "微信的消息 id。"),
	}},
	{"result", "A sub-flow ended. Only in on of the state that called it.", "子流程结束。只写在发起调用的状态的 on 里。", "子流程的结果", []reference.Param{
		reference.Field("result: string", "The sub-flow's result.", "子流程的结果。"), reference.Field("flow: string", "The sub-flow.", "子流程的名字。"),
		reference.Field("vars: table<string, any>", "Its variables, as it left them.", "它留下的变量。"),
	}},
	{"subscribe_msg_popup_event", "The fan was asked for consent to notices.", "粉丝在弹窗里授权订阅通知。", "", []reference.Param{noticeListing}},
	{"subscribe_msg_change_event", "The fan changed the consent to notices.", "粉丝改变了订阅通知的授权。", "", []reference.Param{noticeListing}},
	{"subscribe_msg_sent_event", "The platform reports on notices.", "平台报告订阅通知的发送结果。", "", []reference.Param{noticeListing}},
	{"kf_create_session", "An agent began to serve the fan.", "客服接入。", "", agentFields},
	{"kf_close_session", "An agent ended the conversation.", "客服结束会话。", "", agentFields},
	{"kf_switch_session", "An agent handed the fan over to another.", "客服转接。", "", agentFields},
	{"event", "Any event or message of the platform that has no word here.", "这里没有列出的平台事件或消息。", "平台事件名或消息类型，小写", []reference.Param{
		nameOf("Its name in lower case.", "小写的名字。"), reference.Field("fields: table<string, string>", "All of its fields by their paths.", "全部字段，按路径。"), reference.Field("raw: string", "Its text as it came.", "原文。"),
		titleField, reference.Field("app_id?: string", "Of a mini program card.", "小程序卡片的 AppID。"), reference.Field("page_path?: string", "Of a mini program card.", "小程序卡片的页面路径。"),
		reference.Field("thumb_url?: string", "Of a mini program card.", "小程序卡片的封面网址。"), thumbField,
	}},
	{"timer", "A timer of the state fired.", "状态的定时器响了。", "", []reference.Param{nameOf("The timer's name.", "定时器的名字。")}},
	{"time", "A trigger by time enrolled the fan.", "按时间进入。", "", []reference.Param{nameOf("The trigger's name.", "入口的名字。"), flowField}},
}

// eventClasses are Event, and of each event a class of its own: Event.text.
func eventClasses() []reference.Class {
	out := []reference.Class{eventClass}
	for _, w := range eventWords {
		c := reference.Class{Name: "Event." + w.name, Doc: w.doc, DocZH: w.zh, Fields: w.fields, Parent: "Event", Open: w.name == otherEvent}
		if keys := eventSubjects[w.name]; keys != "" {
			c.Doc += " A key is compared with " + keys + "."
			c.DocZH += "键与此比较：" + w.keysZH + "。"
		}
		out = append(out, c)
	}
	return out
}
