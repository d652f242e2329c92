---@meta

-- What scripts of fanflow can write, for the Lua language server. It is made of the program's own words; docs/lua.md says how to use it.

--- What another system answered.
--- 其他系统的应答。
---@class (exact) HTTPAnswer
---@field status integer The status, such as 200. 状态码，例如 200。
---@field ok boolean The status is one of 200 to 299. 状态码在 200 到 299 之间。
---@field body string At most 16 KB. 最多 16 KB。
---@field headers table<string, string> By lower-case name: content-type, etag, last-modified, link, location, retry-after and those that begin with x-. 名称小写：content-type、etag、last-modified、link、location、retry-after 和 x- 开头的。
---@field json any The body read as JSON; fails where it is none. 按 JSON 解析的正文；不是 JSON 时报错。

--- Options of http.get.
--- http.get 的选项。
---@class (exact) HTTPReadOptions
---@field headers? table<string, string> Headers; a value may be a secret. 请求头；值可以是密钥。
---@field query? table<string, string> Parameters of the URL; a value may be a secret. 网址参数；值可以是密钥。
---@field cache? string How long the answer may be used again: "5m", at most a day. 应答可以重复使用多久："5m"，最长一天。

--- Options of the other functions of http. One of body, json and form.
--- http 其他函数的选项。body、json、form 三者选一。
---@class (exact) HTTPCallOptions
---@field headers? table<string, string> Headers; a value may be a secret. 请求头；值可以是密钥。
---@field query? table<string, string> Parameters of the URL; a value may be a secret. 网址参数；值可以是密钥。
---@field body? string A text; may be a secret. 文本；可以是密钥。
---@field json? any A value that is sent as JSON; texts in it may be secrets. 以 JSON 发送的值；其中的文本可以是密钥。
---@field form? table<string, string> Fields that are sent as a form; a value may be a secret. 以表单发送的字段；值可以是密钥。
---@field as? string The name of the answer event; the host if it is left out. answer 事件的名称；省略时为主机名。
---@field key? string The Idempotency-Key; the call's id if it is left out. Idempotency-Key；省略时为调用编号。
---@field expires? string After which it is not tried any more: "1h", at most 7 days. 超过多久不再重试："1h"，最长 7 天。

--- The table that a plugin returns. Beside these fields its functions stand in it, which flows and other plugins call.
--- 插件返回的表。除这些字段外，表里还有供流程和其他插件调用的函数。
---@class Plugin
---@field name? string Its name, by which it is required: letters, digits, _, . and -, at most 64. Left out: the file's name. 插件的名字，require 时用它：字母、数字、_、.、-，最多 64 个。不写就用文件名。
---@field version? string The author's word for the version; fanflow counts versions itself. 作者自己的版本说法；fanflow 另外给每个版本编号。
---@field title? string A name for people. 给人看的名字。
---@field order? integer The place of its hooks among those of other plugins: low ones first, then by name. Default 0. 它的钩子在各插件中的次序：小的在前，相同时按名字。默认 0。
---@field config? table<string, PluginSetting> Its settings and secrets by name: lower-case words, with digits and _. 设置和密钥，按名字：小写字母、数字和 _。
---@field permissions? PluginPermissions What it may touch. Left out: no host, and the keys NAME:*. 它能碰什么。不写：不能访问任何主机，键只有 名字:*。
---@field hooks? Hooks What fanflow calls by itself. 由 fanflow 主动调用的函数。
---@field webhook? PluginWebhook How calls of its events are signed, where that is not by X-Fanflow-Signature. 它的事件由别的系统怎样签名；不写就是 X-Fanflow-Signature。

--- What a plugin may touch.
--- 插件能碰什么。
---@class (exact) PluginPermissions
---@field hosts? string[] Hosts that its http may reach, as far as http_allow of the account has them, too; "*" is all of those. Left out: none. 它的 http 可以访问的主机，同时要在账号的 http_allow 里；"*" 指其中全部。不写：一个也不行。
---@field kv? string[] Globs of the keys that its kv may touch. Left out: NAME:*; an empty list: none. 它的 kv 可以读写的键，可用通配。不写：名字:*；空列表：一个也不行。

--- One setting of a plugin: what the operator may write for it.
--- 插件的一项设置：运营者可以怎么填。
---@class (exact) PluginSetting
---@field type "string"|"number"|"boolean"|"list"|"secret" What it is; a list is of texts. 类型；list 是文字的列表。
---@field title? string Words for people. 给人看的说明。
---@field required? boolean It must be set, or the plugin is not published and the service does not start. 必须填写，否则插件不能发布，服务也不启动。
---@field default? any What it is where nothing is set; a secret has none, nor has what is required. 没填时的值；密钥和必填项没有默认值。
---@field min? number The least, of a number. 数字的最小值。
---@field max? number The most, of a number. 数字的最大值。
---@field pattern? string A Lua pattern that the text, each text of the list or the secret has to have. 文字、列表里的每一项或密钥要符合的 Lua 模式。
---@field enum? string[] The texts that are allowed, of a string or a list. string 或 list 允许的取值。

--- How calls of the plugin's events come.
--- 插件的事件怎样进来。
---@class (exact) PluginWebhook
---@field signature PluginSignature How they are signed. 签名方式。

--- A header that has the hex HMAC-SHA-256 of the body.
--- 请求头里是正文的 HMAC-SHA-256，十六进制。
---@class (exact) PluginSignature
---@field header string The header's name: X-Hub-Signature-256. 请求头的名字：X-Hub-Signature-256。
---@field prefix? string What stands before the digits: "sha256=". 数字前面的文字："sha256="。
---@field secret string The name of the secret in config. config 里密钥的名字。

--- The fan whom a function serves. What its methods do is collected and happens if the decision stands. What is not known is nil.
--- 函数所服务的粉丝。方法做的事先记下来，这次决定成立才算数。不知道的字段是 nil。
---@class (exact) Fan
---@field attrs table<string, any> What is known of the fan, over all flows: to read and to change. 粉丝的属性，各流程共用：可读可改。
---@field entered_at? number When this enrollment began, in seconds since 1970. 这段旅程的进入时刻，1970 年以来的秒数。
---@field first_seen? number When the account first heard of the fan, in seconds since 1970. 账号第一次见到粉丝的时刻，1970 年以来的秒数。
---@field last_seen? number When the fan last did something, in seconds since 1970. 粉丝最近一次有动作的时刻，1970 年以来的秒数。
---@field openid string The fan's OpenID of this account. 粉丝在本账号的 OpenID。
---@field opted_out boolean Whether the fan wants no campaigns. 粉丝是否退订了营销消息。
---@field remark? string The operator's remark. 运营人员的备注。
---@field scene? string The scene of the code by which the fan first came. 粉丝最初扫的码的场景值。
---@field state? string The state in which the enrollment is. 这段旅程现在所在的状态。
---@field subscribed boolean Whether the fan follows the account. 粉丝是否关注着账号。
---@field subscribed_at? number Since when, in seconds since 1970. 关注的时刻，1970 年以来的秒数。
---@field tags string[] The fan's tags. Change them by tag and untag. 粉丝的标签。增减请用 tag、untag。
---@field unionid? string The UnionID, where it is known. UnionID，已知时才有。
---@field variants table<string, string> The arms of this enrollment, by experiment. 这段旅程在各实验里的组。
---@field vars table<string, any> The variables of this enrollment: to read and to change. 这段旅程的变量：可读可改。
local Fan = {}

--- Another flow runs as a part of this one; its result comes to on.result.
--- 把另一条流程当作自己的一部分来跑，结果交给 on.result。
---@param flow string
---@param vars? table<string, any>
function Fan:call(flow, vars) end

--- Takes back what waits under a key.
--- 收回某个 key 下等着的东西。
---@param key string
---@param ... string
function Fan:cancel(key, ...) end

--- Another flow takes the fan, if it will, now or at a time.
--- 让另一条流程接收粉丝（如果它肯），现在或到某个时间。
---@param flow string
---@param plan? EnrollPlan
function Fan:enroll(flow, plan) end

--- Reaches a goal, once per enrollment.
--- 达成目标，每段旅程只算一次。
---@param name string
---@param ... string
function Fan:goal(name, ...) end

--- Whether the fan has the tag.
--- 粉丝有没有这个标签。
---@param tag string
---@return boolean
function Fan:has(tag) end

--- Ends the enrollment after the function.
--- 函数做完就结束这段旅程。
function Fan:leave() end

--- Goes by customer service.
--- 走客服消息。
---@param message string|Message|Article[]
---@param options? SendOptions
function Fan:message(message, options) end

--- A subscription notice, which opens no page.
--- 订阅通知，不能带网页。
---@param name string
---@param data? table<string, string|number>
---@param options? TemplateOptions
function Fan:notice(name, data, options) end

--- The fan wants campaigns again.
--- 粉丝又要营销消息了。
function Fan:opt_in() end

--- The fan wants no campaigns any more.
--- 粉丝不要营销消息了。
function Fan:opt_out() end

--- Answers. The second and later ones, and those of timers, go by customer service.
--- 被动回复。第二条起，以及定时器里的，走客服消息。
---@param message string|Message|Article[]
function Fan:reply(message) end

--- Takes the cheapest open route: the passive reply where it is free, else customer service. A campaign unless purpose says otherwise.
--- 走当时最省的通道：还能被动回复就被动回复，否则走客服消息。除非 purpose 另说，算营销消息。
---@param message string|Message|Article[]
---@param options? SendOptions
function Fan:send(message, options) end

--- Gives the fan tags.
--- 打标签。
---@param name string
---@param ... string
function Fan:tag(name, ...) end

--- A template message: service, never a campaign.
--- 模板消息：只用于服务，绝不用于营销。
---@param name string
---@param data? table<string, string|number>
---@param options? TemplateOptions
function Fan:template(name, data, options) end

--- Hands the fan over to customer service, to an agent if one is named. It is the one reply.
--- 转人工客服，可指定客服账号。它就是唯一的那条回复。
---@param agent? string
function Fan:transfer(agent) end

--- Takes tags off.
--- 去掉标签。
---@param name string
---@param ... string
function Fan:untag(name, ...) end

--- The fan's arm of an experiment that the flow declares, or of one that is given with its arms; "" for who is held out.
--- 粉丝在实验里的组：流程声明过的实验，或在此写出各组；对照组的粉丝为 ""。
---@param experiment string
---@param arms? table<string, number>
---@return string
function Fan:variant(experiment, arms) end

--- What a function is called for. Each kind of event has fields of its own; named groups of a regular expression are fields, too.
--- 引出函数的事件。每类事件有自己的字段；正则表达式里命名的分组也是字段。
---@class (exact) Event
---@field captures? string[] What the key of the rule has captured: each * of a pattern, each group of an expression. 规则的键捕获的内容：模式里的每个 *，正则里的每个分组。
---@field created_at number When WeChat says it happened, in seconds since 1970. Now is time.now(). 微信所说的发生时刻，1970 年以来的秒数。现在是 time.now()。
---@field type string The event's name: text, scan, …; timer for what a timer leads to, time for a trigger by time. 事件名：text、scan……；定时器引出的是 timer，按时间进入的是 time。

--- The fan wrote. A key is compared with what the fan wrote.
--- 粉丝发来文字。键与此比较：粉丝写的话。
---@class (exact) Event.text: Event
---@field text string What the fan wrote. 粉丝写的话。
---@field menu_id? string The id of the menu item, or of the answer of a msgmenu. 菜单项，或 msgmenu 选项的 id。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- The fan sent a picture.
--- 粉丝发来图片。
---@class (exact) Event.image: Event
---@field media_id string The media id, good for three days. 媒体 id，三天内有效。
---@field pic_url string The picture's address. 图片网址。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- The fan sent a voice message.
--- 粉丝发来语音。
---@class (exact) Event.voice: Event
---@field media_id string The media id, good for three days. 媒体 id，三天内有效。
---@field format string amr, speex, … 格式：amr、speex 等。
---@field media_id_16k? string The media id at 16 kHz. 16K 采样的媒体 id。
---@field recognition? string What was said, where the platform recognizes speech. 语音识别结果，开通时才有。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- The fan sent a video.
--- 粉丝发来视频或小视频。
---@class (exact) Event.video: Event
---@field media_id string The media id, good for three days. 媒体 id，三天内有效。
---@field thumb_media_id? string The media id of the preview. 缩略图的媒体 id。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- The fan sent a place. A key is compared with the place: a circle such as "31.2235,121.4457 3km".
--- 粉丝发来位置。键与此比较：位置：写成圆，如 31.2235,121.4457 3km。
---@class (exact) Event.location: Event
---@field latitude number In degrees. 纬度。
---@field longitude number In degrees. 经度。
---@field label? string The address in words. 地址文字。
---@field scale? number The map's scale. 地图缩放级别。
---@field distance? number Metres from the middle of the circle that the rule names. 离规则所写圆心的米数。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- The fan sent a link; with keys, a tracked link was opened.
--- 粉丝发来链接；写了键则是粉丝点开了跟踪链接。
---@class (exact) Event.link: Event
---@field title? string The title. 标题。
---@field description? string The description. 描述。
---@field url string The address. 网址。
---@field article_id? string The article below which it was written. 在哪篇图文下方发来。

--- A tracked link was opened. A key is compared with the link's name.
--- 粉丝点开了跟踪链接。键与此比较：链接的名字。
---@class (exact) Event.click_link: Event
---@field name string The link's name. 链接的名字。
---@field url string The address. 网址。

--- The fan followed the account, perhaps by a code.
--- 粉丝关注了账号，可能是扫码关注。
---@class (exact) Event.subscribe: Event
---@field scene? string The scene of the code, without qrscene_. 二维码的场景值，不带 qrscene_。
---@field ticket? string The ticket of the code. 二维码的 ticket。

--- The fan left the account.
--- 粉丝取消了关注。
---@class (exact) Event.unsubscribe: Event

--- The fan scanned a code; as a trigger also a new follower's. A key is compared with the scene.
--- 粉丝扫了二维码；作入口时也包括扫码关注的新粉丝。键与此比较：场景值。
---@class (exact) Event.scan: Event
---@field scene? string The scene of the code, without qrscene_. 二维码的场景值，不带 qrscene_。
---@field ticket? string The ticket of the code. 二维码的 ticket。

--- The fan's phone reported its place. A key is compared with the place: a circle such as "31.2235,121.4457 3km".
--- 粉丝的手机上报了位置。键与此比较：位置：写成圆，如 31.2235,121.4457 3km。
---@class (exact) Event.report: Event
---@field latitude number In degrees. 纬度。
---@field longitude number In degrees. 经度。
---@field precision? number How exact, in metres. 精度，米。
---@field distance? number Metres from the middle of the circle that the rule names. 离规则所写圆心的米数。

--- The fan tapped a menu item. A key is compared with the menu item's key.
--- 粉丝点了菜单项。键与此比较：菜单项的 key。
---@class (exact) Event.click: Event
---@field key? string The menu item's key. 菜单项的 key。

--- The fan opened a page from the menu. A key is compared with the menu item's URL.
--- 粉丝从菜单打开了网页。键与此比较：菜单项的网址。
---@class (exact) Event.view: Event
---@field url string The address. 网址。
---@field key? string The menu item's key. 菜单项的 key。
---@field menu_id? string The id of the menu item, or of the answer of a msgmenu. 菜单项，或 msgmenu 选项的 id。

--- The fan opened a mini program from the menu. A key is compared with the page's path.
--- 粉丝从菜单打开了小程序。键与此比较：小程序页面路径。
---@class (exact) Event.view_miniprogram: Event
---@field page_path string The page's path. 页面路径。
---@field key? string The menu item's key. 菜单项的 key。
---@field menu_id? string The id of the menu item, or of the answer of a msgmenu. 菜单项，或 msgmenu 选项的 id。

--- The fan scanned something from the menu. A key is compared with the menu item's key.
--- 粉丝从菜单扫码。键与此比较：菜单项的 key。
---@class (exact) Event.scancode_push: Event
---@field key? string The menu item's key. 菜单项的 key。
---@field result? string What the code says. 扫到的内容。
---@field scan_type? string qrcode or barcode. qrcode 或 barcode。

--- The fan scanned something from the menu and waits for an answer. A key is compared with the menu item's key.
--- 粉丝从菜单扫码，等待回复。键与此比较：菜单项的 key。
---@class (exact) Event.scancode_waitmsg: Event
---@field key? string The menu item's key. 菜单项的 key。
---@field result? string What the code says. 扫到的内容。
---@field scan_type? string qrcode or barcode. qrcode 或 barcode。

--- The fan took a photo from the menu. A key is compared with the menu item's key.
--- 粉丝从菜单拍照。键与此比较：菜单项的 key。
---@class (exact) Event.pic_sysphoto: Event
---@field key? string The menu item's key. 菜单项的 key。
---@field count? number How many pictures. 图片张数。
---@field md5_sums? string[] Their MD5. 各图片的 MD5。

--- The fan took or chose a photo from the menu. A key is compared with the menu item's key.
--- 粉丝从菜单拍照或选图。键与此比较：菜单项的 key。
---@class (exact) Event.pic_photo_or_album: Event
---@field key? string The menu item's key. 菜单项的 key。
---@field count? number How many pictures. 图片张数。
---@field md5_sums? string[] Their MD5. 各图片的 MD5。

--- The fan chose pictures from the menu. A key is compared with the menu item's key.
--- 粉丝从菜单选择微信相册的图。键与此比较：菜单项的 key。
---@class (exact) Event.pic_weixin: Event
---@field key? string The menu item's key. 菜单项的 key。
---@field count? number How many pictures. 图片张数。
---@field md5_sums? string[] Their MD5. 各图片的 MD5。

--- The fan chose a place from the menu. A key is compared with the menu item's key.
--- 粉丝从菜单选择了位置。键与此比较：菜单项的 key。
---@class (exact) Event.location_select: Event
---@field latitude number In degrees. 纬度。
---@field longitude number In degrees. 经度。
---@field label? string The address in words. 地址文字。
---@field scale? number The map's scale. 地图缩放级别。
---@field key? string The menu item's key. 菜单项的 key。
---@field poiname? string The place's name. 地点名称。

--- Another system told something. A key is compared with the event's name.
--- 其他系统通知了一件事。键与此比较：事件名。
---@class (exact) Event.webhook: Event
---@field name string The event's name. 事件名。
---@field data any What the system sent. 对方发来的数据。

--- A call that a script ordered by http has ended. A key is compared with the call's name, with :failed behind it if it failed.
--- 脚本通过 http 下单的调用有了结局。键与此比较：调用的名字，失败时后面带 :failed。
---@class (exact) Event.answer: Event
---@field as string The call's name. 调用的名字。
---@field ok boolean It was done: the status is one of 200 to 299. 是否成功：状态码在 200 到 299 之间。
---@field status? integer The status; nil if none came. 状态码；没有应答时为 nil。
---@field body? string The body, at most 16 KB. 正文，最多 16 KB。
---@field json? any The body read as JSON; nil if it is none. 按 JSON 解析的正文；不是 JSON 则为 nil。
---@field error? string What went wrong. 出错原因。

--- The fan got a tag. A key is compared with the tag.
--- 粉丝被打上标签。键与此比较：标签。
---@class (exact) Event.tag: Event
---@field name string The tag. 标签。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。

--- A tag was taken off. A key is compared with the tag.
--- 标签被去掉。键与此比较：标签。
---@class (exact) Event.untag: Event
---@field name string The tag. 标签。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。

--- An attribute changed. A key is compared with the attribute, or attribute=value.
--- 属性变了。键与此比较：属性，或 属性=值。
---@class (exact) Event.attr: Event
---@field name string The attribute. 属性名。
---@field value any Its new value. 新的值。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。

--- A goal was reached. A key is compared with the goal, or flow.goal.
--- 达成了目标。键与此比较：目标，或 流程.目标。
---@class (exact) Event.goal: Event
---@field name string The goal. 目标。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。

--- A send ended. A key is compared with delivered, failed, skipped, expired or uncertain, and perhaps the reason: failed:user block.
--- 一条消息有了结局。键与此比较：delivered、failed、skipped、expired 或 uncertain，可以带上原因：failed:user block。
---@class (exact) Event.sent: Event
---@field status string delivered, failed, skipped, expired or uncertain. delivered、failed、skipped、expired 或 uncertain。
---@field reason? string Why. 原因。
---@field channel? string By what route: customer, template, notice, … 通道：customer、template、notice 等。
---@field template? string The template's name. 模板名。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。
---@field msgid? string WeChat's id of the message. 微信的消息 id。

--- A sub-flow ended. Only in on of the state that called it. A key is compared with the sub-flow's result.
--- 子流程结束。只写在发起调用的状态的 on 里。键与此比较：子流程的结果。
---@class (exact) Event.result: Event
---@field result string The sub-flow's result. 子流程的结果。
---@field flow string The sub-flow. 子流程的名字。
---@field vars table<string, any> Its variables, as it left them. 它留下的变量。

--- The fan was asked for consent to notices.
--- 粉丝在弹窗里授权订阅通知。
---@class (exact) Event.subscribe_msg_popup_event: Event
---@field list table[] Of each notice template_id, and status, popup_scene, msgid or code. 每条通知的 template_id，以及 status、popup_scene、msgid 或 code。

--- The fan changed the consent to notices.
--- 粉丝改变了订阅通知的授权。
---@class (exact) Event.subscribe_msg_change_event: Event
---@field list table[] Of each notice template_id, and status, popup_scene, msgid or code. 每条通知的 template_id，以及 status、popup_scene、msgid 或 code。

--- The platform reports on notices.
--- 平台报告订阅通知的发送结果。
---@class (exact) Event.subscribe_msg_sent_event: Event
---@field list table[] Of each notice template_id, and status, popup_scene, msgid or code. 每条通知的 template_id，以及 status、popup_scene、msgid 或 code。

--- An agent began to serve the fan.
--- 客服接入。
---@class (exact) Event.kf_create_session: Event
---@field kf_account? string The agent. 客服账号。
---@field from_kf_account? string The agent who handed over. 转出的客服账号。
---@field to_kf_account? string The agent who took over. 转入的客服账号。

--- An agent ended the conversation.
--- 客服结束会话。
---@class (exact) Event.kf_close_session: Event
---@field kf_account? string The agent. 客服账号。
---@field from_kf_account? string The agent who handed over. 转出的客服账号。
---@field to_kf_account? string The agent who took over. 转入的客服账号。

--- An agent handed the fan over to another.
--- 客服转接。
---@class (exact) Event.kf_switch_session: Event
---@field kf_account? string The agent. 客服账号。
---@field from_kf_account? string The agent who handed over. 转出的客服账号。
---@field to_kf_account? string The agent who took over. 转入的客服账号。

--- Any event or message of the platform that has no word here. A key is compared with the name of the platform's event, or the type of its message, in lower case.
--- 这里没有列出的平台事件或消息。键与此比较：平台事件名或消息类型，小写。
---@class Event.event: Event
---@field name string Its name in lower case. 小写的名字。
---@field fields table<string, string> All of its fields by their paths. 全部字段，按路径。
---@field raw string Its text as it came. 原文。
---@field title? string The title. 标题。
---@field app_id? string Of a mini program card. 小程序卡片的 AppID。
---@field page_path? string Of a mini program card. 小程序卡片的页面路径。
---@field thumb_url? string Of a mini program card. 小程序卡片的封面网址。
---@field thumb_media_id? string The media id of the preview. 缩略图的媒体 id。

--- A timer of the state fired.
--- 状态的定时器响了。
---@class (exact) Event.timer: Event
---@field name string The timer's name. 定时器的名字。

--- A trigger by time enrolled the fan.
--- 按时间进入。
---@class (exact) Event.time: Event
---@field name string The trigger's name. 入口的名字。
---@field flow? string The flow that did it; nil: an operator or another system. 由哪条流程造成；nil 表示运营人员或其他系统。

--- What a script returns by return flow { … }.
--- 脚本用 return flow { … } 返回的流程。
---@class (exact) Flow
---@field again? string|boolean|Again When a fan may enter once more: "30d" after leaving, true or "0s" at once, "never"; default never. 粉丝何时可以再次进入："30d" 为离开 30 天后，true 或 "0s" 为立即，"never" 为不可；默认不可。
---@field closes? "leave" At `to` those who are in the flow are ended; default: they go on. 到 `to` 时结束流程中的人；默认让他们走完。
---@field exit? Exit What ends an enrollment wherever it is. 无论粉丝在哪个状态，什么会结束这段旅程。
---@field first string The state in which an enrollment begins. 旅程开始的状态。
---@field from? string The campaign window opens: a day or 2026-12-01 10:00, in the account's zone. 活动窗口的开始：日期，或 2026-12-01 10:00，按账号时区。
---@field funnel? string[] The steps that are counted, in order; default: the reachable states. 漏斗统计的步骤，按次序；默认为能走到的状态。
---@field holdout? Holdout A share of the fans who do not take part. 不参加活动的一部分粉丝（对照组）。
---@field hours? string "09:00-21:00": what late = "next" waits for; default: what the account's quiet hours leave. "09:00-21:00"：late = "next" 等到的时段；默认为账号免打扰之外。
---@field limit? Limit Places in all and per day; default: none. 名额：总数和每天；默认不限。
---@field listen? On Rules that hear in every state, without taking. 在每个状态里只听不接的规则。
---@field name string The flow's name: letters, digits, - and _, up to 64 bytes. It never changes. 流程名：字母、数字、-、_，最多 64 字节。定了就不能改。
---@field priority? integer Higher is asked first; default 0. 数字大的先问；默认 0。
---@field states table<string, State> The states, by name. 各状态，按名字。
---@field title? string A name for people. 给人看的名字。
---@field to? string The window closes; a day alone is inside to its end. 窗口的结束；只写日期则当天算在内。
---@field triggers? Triggers What enrolls a fan; without it only enroll and call do. 什么让粉丝进入；不写则只能由 enroll、call 进入。
---@field variants? table<string, table<string, number|string>> Experiments: arms and their weights, and perhaps a salt. 实验：各组和权重，可写 salt。

--- A state of a flow.
--- 流程的一个状态。
---@class (exact) State
---@field after? table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?> Timers by the time since the entry: ["1d"]. 进入之后多久响的定时器：["1d"]。
---@field at? table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?> Timers by a moment: ["+1d 10:00"], ["2026-12-24 10:00"], ["${vars.visit}"]. 按时刻响的定时器：["+1d 10:00"]、["2026-12-24 10:00"]、["${vars.visit}"]。
---@field enter? Action|fun(fan: Fan, event: Event): string? The action on entering; it may lead on. 进入时的动作，可以接着转走。
---@field every? table<string, string|Timer|fun(fan: Fan, event: Event.timer): string?> Timers that come again: ["1d"], ["10:00"], ["mon,thu 10:00"], ["day 1 10:00"]. 一次又一次响的定时器：["1d"]、["10:00"]、["mon,thu 10:00"]、["day 1 10:00"]。
---@field final? boolean The enrollment ends here, after enter. 旅程到此结束（先做 enter）。
---@field goal? string A goal that is reached by entering. 进入即达成的目标。
---@field leave? Action|fun(fan: Fan, event: Event) The action on leaving; it cannot lead anywhere. 离开时的动作，不能转走。
---@field listen? On Events that are heard without being taken. 只听不接的事件。
---@field on? On Events and what they lead to. 事件，以及它们引出什么。
---@field result? string Of a final state: what a caller hears; default the state's name. 终点给调用者的结果；默认为状态名。

--- What an event, a timer or a state leads to. The verbs of one table are carried out in a fixed order, whatever their order in the script; to comes last.
--- 事件、定时器或状态引出的动作。同一张表里的动词按固定次序执行，与书写顺序无关；to 在最后。
---@class (exact) Action
---@field add? table<string, number|string> Counts attributes (points) and variables (["vars.n"]) on; what is not there counts as 0. 累加属性（points）和变量（["vars.n"]）；原来没有就从 0 算起。
---@field call? string|FlowStart Another flow runs as a part of this one. 把另一条流程当作自己的一部分来跑。
---@field cancel? string|string[] Takes back what waits under a key. 收回某个 key 下等着的东西。
---@field case? Case[] The first case whose conditions hold is carried out; stands alone. 执行第一个条件成立的分支；不能与动词同写。
---@field claim? Claim|Claim[] Takes the next unit of what all fans share. 从大家共用的池子里取下一份。
---@field enroll? string|EnrollStart Another flow takes the fan, if it will. 让另一条流程接收粉丝（如果它肯）。
---@field goal? string|string[] Reaches a goal, once per enrollment. 达成目标，每段旅程只算一次。
---@field leave? boolean true ends the enrollment after the action. true：动作做完就结束这段旅程。
---@field message? string|Message|Article[] Goes by customer service. 走客服消息。
---@field notice? Template A subscription notice, which opens no page. 订阅通知，不能带网页。
---@field reply? string|Message|Article[] Answers; the second and later ones go by customer service. 被动回复；第二条起走客服消息。
---@field run? fun(fan: Fan, event: Event): string? A function; it may return a state. Beside it stands only to. 函数，可以返回一个状态。旁边只能写 to。
---@field send? string|Message|Article[] Takes the cheapest open route; a campaign unless purpose says otherwise. 走当时最省的通道；除非 purpose 另说，算营销消息。
---@field set? table<string, any> Gives attributes (city, attrs.city) and variables (["vars.code"]) a value. 给属性（city、attrs.city）和变量（["vars.code"]）赋值。
---@field tag? string|string[] Gives tags. 打标签。
---@field template? Template A template message; never a campaign. 模板消息；绝不用于营销。
---@field to? string|string[] The state to go to, after all verbs; beside run a list says where the function may go. 转到哪个状态，在所有动词之后；写在 run 旁边的列表声明函数可能去哪里。
---@field transfer? boolean|string Hands the fan over to customer service: true, or an agent. 转人工客服：true，或客服账号。
---@field untag? string|string[] Takes tags off. 去掉标签。
---@field variant? string|table<string, table<string, number>> Puts the fan's arm into the variable of that name. 把粉丝所在的组放进同名变量。

--- What a timer leads to: an action, with fields of the timer beside it.
--- 定时器引出的动作，旁边可写定时器自己的字段。
---@class (exact) Timer: Action
---@field late? string What is done when it comes late: "run" (default), "skip", "next" or "10:00-12:00". 迟了怎么办："run"（默认）、"skip"、"next" 或 "10:00-12:00"。
---@field name? string Its name in the journal and over versions; default the time. 在日志里和各版本之间的名字；默认是时间。
---@field times? integer every only: how often it fires in one stay. 只用于 every：一次停留里响几次。

--- One case of an action; without when it is for everybody else.
--- 动作的一个分支；没有 when 即其余所有人。
---@class (exact) Case: Action
---@field when? When The conditions, all of which must hold. 条件，须全部成立。

--- Conditions. A value is asked for by a text, a number, true (there, and not false), false, { min =, max = }, or a list: one of them.
--- 条件。值可以写文字、数字、true（有且不为 false）、false、{ min =, max = }，或一列：符合其一。
---@class (exact) When
---@field attr? table<string, any> Each attribute named is as asked. 列出的每个属性都符合。
---@field event? table<string, any> Each field of the event named is as asked. 列出的每个事件字段都符合。
---@field tag? string|string[] The fan has the tag; of a list, all of them. 粉丝有这个标签；写一列则全都有。
---@field var? table<string, any> Each variable named is as asked. 列出的每个变量都符合。
---@field variant? table<string, string|string[]> The arm of each experiment named is as asked. 列出的每个实验，粉丝都在所写的组。
---@field without? string|string[] The fan has not the tag; of a list, none of them. 粉丝没有这个标签；写一列则一个也没有。

--- A unit of what all fans share: each goes to one fan, exactly.
--- 大家共用的池子里的一份：每份只给一个人，分毫不差。
---@class (exact) Claim
---@field key string The pool. 池子。
---@field limit? integer The last unit; left out: there is none. 最后一份的号码；不写则无限。
---@field none? string The state to go to when nothing is left. 取完时转到哪个状态。
---@field set? string What gets the unit: "vars.n", "city". 号码放到哪里："vars.n"、"city"。

--- When a fan may enter once more.
--- 粉丝何时可以再次进入。
---@class (exact) Again
---@field after? string So long after leaving: "30d". 离开之后多久："30d"。
---@field times? integer So often after the first. 第一次之后还可以几次。

--- Places, exact over all fans and restarts.
--- 名额，分毫不差，重启也不乱。
---@class (exact) Limit
---@field all? integer Entries in all. 总名额。
---@field day? integer Entries per day of the account's zone. 每天的名额，按账号时区。

--- Who is kept out of a campaign, so that it can be seen what it does.
--- 留在活动之外的粉丝，好看出活动起了多大作用。
---@class (exact) Holdout
---@field salt? string Flows of one salt hold out the same fans; default the flow's name. salt 相同的流程留下同一批人；默认为流程名。
---@field share number Percent, above 0 and below 100. 百分比，大于 0，小于 100。
---@field state? string Where they begin; without it they are not enrolled. 他们从哪个状态开始；不写则不进入。

--- Whom a trigger by time enrolls: fans who follow the account.
--- 按时间进入的人群：关注着账号的粉丝。
---@class (exact) Audience
---@field all? boolean Everybody. 所有人。
---@field late? string What is done when it comes late. 迟了怎么办。
---@field name? string Its name in the journal. 在日志里的名字。
---@field tag? string Who has the tag. 有此标签的人。
---@field without? string Who has not the tag. 没有此标签的人。

--- A flow that is started, with what its variables are.
--- 要开始的流程和它的变量。
---@class (exact) FlowStart
---@field flow string The flow's name. 流程名。
---@field vars? table<string, any> Its variables. 它的变量。

--- Events, and what each leads to: an action, or a table of keys and actions.
--- 事件，以及各自引出什么：一个动作，或一张键与动作的表。
---@class (exact) On
---@field text? string|Action|fun(fan: Fan, event: Event.text): string?|table<string, string|Action|fun(fan: Fan, event: Event.text): string?> The fan wrote. 粉丝发来文字。
---@field image? string|Action|fun(fan: Fan, event: Event.image): string? The fan sent a picture. 粉丝发来图片。
---@field voice? string|Action|fun(fan: Fan, event: Event.voice): string? The fan sent a voice message. 粉丝发来语音。
---@field video? string|Action|fun(fan: Fan, event: Event.video): string? The fan sent a video. 粉丝发来视频或小视频。
---@field location? string|Action|fun(fan: Fan, event: Event.location): string?|table<string, string|Action|fun(fan: Fan, event: Event.location): string?> The fan sent a place. 粉丝发来位置。
---@field link? string|Action|fun(fan: Fan, event: Event.link): string?|table<string, string|Action|fun(fan: Fan, event: Event.link): string?> The fan sent a link; with keys, a tracked link was opened. 粉丝发来链接；写了键则是粉丝点开了跟踪链接。
---@field click_link? string|Action|fun(fan: Fan, event: Event.click_link): string?|table<string, string|Action|fun(fan: Fan, event: Event.click_link): string?> A tracked link was opened. 粉丝点开了跟踪链接。
---@field subscribe? string|Action|fun(fan: Fan, event: Event.subscribe): string? The fan followed the account, perhaps by a code. 粉丝关注了账号，可能是扫码关注。
---@field unsubscribe? string|Action|fun(fan: Fan, event: Event.unsubscribe): string? The fan left the account. 粉丝取消了关注。
---@field scan? string|Action|fun(fan: Fan, event: Event.scan): string?|table<string, string|Action|fun(fan: Fan, event: Event.scan): string?> The fan scanned a code; as a trigger also a new follower's. 粉丝扫了二维码；作入口时也包括扫码关注的新粉丝。
---@field report? string|Action|fun(fan: Fan, event: Event.report): string?|table<string, string|Action|fun(fan: Fan, event: Event.report): string?> The fan's phone reported its place. 粉丝的手机上报了位置。
---@field click? string|Action|fun(fan: Fan, event: Event.click): string?|table<string, string|Action|fun(fan: Fan, event: Event.click): string?> The fan tapped a menu item. 粉丝点了菜单项。
---@field view? string|Action|fun(fan: Fan, event: Event.view): string?|table<string, string|Action|fun(fan: Fan, event: Event.view): string?> The fan opened a page from the menu. 粉丝从菜单打开了网页。
---@field view_miniprogram? string|Action|fun(fan: Fan, event: Event.view_miniprogram): string?|table<string, string|Action|fun(fan: Fan, event: Event.view_miniprogram): string?> The fan opened a mini program from the menu. 粉丝从菜单打开了小程序。
---@field scancode_push? string|Action|fun(fan: Fan, event: Event.scancode_push): string?|table<string, string|Action|fun(fan: Fan, event: Event.scancode_push): string?> The fan scanned something from the menu. 粉丝从菜单扫码。
---@field scancode_waitmsg? string|Action|fun(fan: Fan, event: Event.scancode_waitmsg): string?|table<string, string|Action|fun(fan: Fan, event: Event.scancode_waitmsg): string?> The fan scanned something from the menu and waits for an answer. 粉丝从菜单扫码，等待回复。
---@field pic_sysphoto? string|Action|fun(fan: Fan, event: Event.pic_sysphoto): string?|table<string, string|Action|fun(fan: Fan, event: Event.pic_sysphoto): string?> The fan took a photo from the menu. 粉丝从菜单拍照。
---@field pic_photo_or_album? string|Action|fun(fan: Fan, event: Event.pic_photo_or_album): string?|table<string, string|Action|fun(fan: Fan, event: Event.pic_photo_or_album): string?> The fan took or chose a photo from the menu. 粉丝从菜单拍照或选图。
---@field pic_weixin? string|Action|fun(fan: Fan, event: Event.pic_weixin): string?|table<string, string|Action|fun(fan: Fan, event: Event.pic_weixin): string?> The fan chose pictures from the menu. 粉丝从菜单选择微信相册的图。
---@field location_select? string|Action|fun(fan: Fan, event: Event.location_select): string?|table<string, string|Action|fun(fan: Fan, event: Event.location_select): string?> The fan chose a place from the menu. 粉丝从菜单选择了位置。
---@field webhook? string|Action|fun(fan: Fan, event: Event.webhook): string?|table<string, string|Action|fun(fan: Fan, event: Event.webhook): string?> Another system told something. 其他系统通知了一件事。
---@field answer? string|Action|fun(fan: Fan, event: Event.answer): string?|table<string, string|Action|fun(fan: Fan, event: Event.answer): string?> A call that a script ordered by http has ended. 脚本通过 http 下单的调用有了结局。
---@field tag? string|Action|fun(fan: Fan, event: Event.tag): string?|table<string, string|Action|fun(fan: Fan, event: Event.tag): string?> The fan got a tag. 粉丝被打上标签。
---@field untag? string|Action|fun(fan: Fan, event: Event.untag): string?|table<string, string|Action|fun(fan: Fan, event: Event.untag): string?> A tag was taken off. 标签被去掉。
---@field attr? string|Action|fun(fan: Fan, event: Event.attr): string?|table<string, string|Action|fun(fan: Fan, event: Event.attr): string?> An attribute changed. 属性变了。
---@field goal? string|Action|fun(fan: Fan, event: Event.goal): string?|table<string, string|Action|fun(fan: Fan, event: Event.goal): string?> A goal was reached. 达成了目标。
---@field sent? string|Action|fun(fan: Fan, event: Event.sent): string?|table<string, string|Action|fun(fan: Fan, event: Event.sent): string?> A send ended. 一条消息有了结局。
---@field result? string|Action|fun(fan: Fan, event: Event.result): string?|table<string, string|Action|fun(fan: Fan, event: Event.result): string?> A sub-flow ended. Only in on of the state that called it. 子流程结束。只写在发起调用的状态的 on 里。
---@field subscribe_msg_popup_event? string|Action|fun(fan: Fan, event: Event.subscribe_msg_popup_event): string? The fan was asked for consent to notices. 粉丝在弹窗里授权订阅通知。
---@field subscribe_msg_change_event? string|Action|fun(fan: Fan, event: Event.subscribe_msg_change_event): string? The fan changed the consent to notices. 粉丝改变了订阅通知的授权。
---@field subscribe_msg_sent_event? string|Action|fun(fan: Fan, event: Event.subscribe_msg_sent_event): string? The platform reports on notices. 平台报告订阅通知的发送结果。
---@field kf_create_session? string|Action|fun(fan: Fan, event: Event.kf_create_session): string? An agent began to serve the fan. 客服接入。
---@field kf_close_session? string|Action|fun(fan: Fan, event: Event.kf_close_session): string? An agent ended the conversation. 客服结束会话。
---@field kf_switch_session? string|Action|fun(fan: Fan, event: Event.kf_switch_session): string? An agent handed the fan over to another. 客服转接。
---@field event? string|Action|fun(fan: Fan, event: Event.event): string?|table<string, string|Action|fun(fan: Fan, event: Event.event): string?> Any event or message of the platform that has no word here. 这里没有列出的平台事件或消息。

--- What enrolls a fan: events with their keys, or true for the event as such.
--- 什么让粉丝进入：事件和它的键，或 true 表示这类事件都算。
---@class (exact) Triggers
---@field text? boolean|string|string[] The fan wrote. 粉丝发来文字。
---@field image? boolean The fan sent a picture. 粉丝发来图片。
---@field voice? boolean The fan sent a voice message. 粉丝发来语音。
---@field video? boolean The fan sent a video. 粉丝发来视频或小视频。
---@field location? boolean|string|string[] The fan sent a place. 粉丝发来位置。
---@field link? boolean|string|string[] The fan sent a link; with keys, a tracked link was opened. 粉丝发来链接；写了键则是粉丝点开了跟踪链接。
---@field click_link? boolean|string|string[] A tracked link was opened. 粉丝点开了跟踪链接。
---@field subscribe? boolean The fan followed the account, perhaps by a code. 粉丝关注了账号，可能是扫码关注。
---@field unsubscribe? boolean The fan left the account. 粉丝取消了关注。
---@field scan? boolean|string|string[] The fan scanned a code; as a trigger also a new follower's. 粉丝扫了二维码；作入口时也包括扫码关注的新粉丝。
---@field report? boolean|string|string[] The fan's phone reported its place. 粉丝的手机上报了位置。
---@field click? boolean|string|string[] The fan tapped a menu item. 粉丝点了菜单项。
---@field view? boolean|string|string[] The fan opened a page from the menu. 粉丝从菜单打开了网页。
---@field view_miniprogram? boolean|string|string[] The fan opened a mini program from the menu. 粉丝从菜单打开了小程序。
---@field scancode_push? boolean|string|string[] The fan scanned something from the menu. 粉丝从菜单扫码。
---@field scancode_waitmsg? boolean|string|string[] The fan scanned something from the menu and waits for an answer. 粉丝从菜单扫码，等待回复。
---@field pic_sysphoto? boolean|string|string[] The fan took a photo from the menu. 粉丝从菜单拍照。
---@field pic_photo_or_album? boolean|string|string[] The fan took or chose a photo from the menu. 粉丝从菜单拍照或选图。
---@field pic_weixin? boolean|string|string[] The fan chose pictures from the menu. 粉丝从菜单选择微信相册的图。
---@field location_select? boolean|string|string[] The fan chose a place from the menu. 粉丝从菜单选择了位置。
---@field webhook? boolean|string|string[] Another system told something. 其他系统通知了一件事。
---@field answer? boolean|string|string[] A call that a script ordered by http has ended. 脚本通过 http 下单的调用有了结局。
---@field tag? boolean|string|string[] The fan got a tag. 粉丝被打上标签。
---@field untag? boolean|string|string[] A tag was taken off. 标签被去掉。
---@field attr? boolean|string|string[] An attribute changed. 属性变了。
---@field goal? boolean|string|string[] A goal was reached. 达成了目标。
---@field sent? boolean|string|string[] A send ended. 一条消息有了结局。
---@field subscribe_msg_popup_event? boolean The fan was asked for consent to notices. 粉丝在弹窗里授权订阅通知。
---@field subscribe_msg_change_event? boolean The fan changed the consent to notices. 粉丝改变了订阅通知的授权。
---@field subscribe_msg_sent_event? boolean The platform reports on notices. 平台报告订阅通知的发送结果。
---@field kf_create_session? boolean An agent began to serve the fan. 客服接入。
---@field kf_close_session? boolean An agent ended the conversation. 客服结束会话。
---@field kf_switch_session? boolean An agent handed the fan over to another. 客服转接。
---@field event? boolean|string|string[] Any event or message of the platform that has no word here. 这里没有列出的平台事件或消息。
---@field at? table<string, Audience> Once, at a date: ["2026-12-24 10:00"]. 在某个日期一次：["2026-12-24 10:00"]。
---@field every? table<string, Audience> Again and again: ["mon 10:00"]. 一次又一次：["mon 10:00"]。
---@field listen? boolean true: they enroll without taking the event. true：进入但不接手事件。

--- What ends an enrollment wherever it is: names, or names and the final states they lead to.
--- 无论粉丝在哪都结束旅程的事：名字，或名字与要经过的终点。
---@class (exact) Exit
---@field attr? boolean|string|string[]|table<string, boolean|string> An attribute changed. 属性变了。
---@field goal? boolean|string|string[]|table<string, boolean|string> A goal was reached. 达成了目标。
---@field optout? boolean The fan opted out of campaigns. 粉丝退订了营销消息。
---@field tag? boolean|string|string[]|table<string, boolean|string> The fan got a tag. 粉丝被打上标签。
---@field unsubscribe? boolean The fan left the account. 粉丝取消了关注。
---@field untag? boolean|string|string[]|table<string, boolean|string> A tag was taken off. 标签被去掉。
---@field webhook? boolean|string|string[]|table<string, boolean|string> Another system told something. 其他系统通知了一件事。

--- A message: one of text, news, image, voice, video, music, msgmenu, miniprogrampage, or the fields of an article; options may stand beside it.
--- 一条消息：text、news、image、voice、video、music、msgmenu、miniprogrampage 之一，或直接写一篇图文的字段；选项可以写在旁边。
---@class (exact) Message: SendOptions
---@field image? string The media id of a picture. 图片的媒体 id。
---@field news? Article|Article[] An article, or a list of them. 一篇或多篇图文。
---@field text? string A text. 文字。
---@field voice? string The media id of a voice message. 语音的媒体 id。
---@field miniprogrampage? MiniProgram A mini program card. 小程序卡片。
---@field msgmenu? Menu A question with answers to tap; the answer comes back as a text. 带选项的菜单消息；粉丝点选后回来一条文字。
---@field music? Music Music. 音乐。
---@field video? Video A video. 视频。
---@field description? string Its description. 描述。
---@field picurl? string The address of its picture. 封面图网址。
---@field title? string Its title. 标题。
---@field url? string Where it leads. 点开的网址。

--- An article.
--- 图文。
---@class (exact) Article
---@field description? string Its description. 描述。
---@field picurl? string The address of its picture. 封面图网址。
---@field title string Its title. 标题。
---@field url? string Where it leads. 点开的网址。

--- A mini program card.
--- 小程序卡片。
---@class (exact) MiniProgram
---@field appid string The AppID. AppID。
---@field pagepath string The page. 页面路径。
---@field thumb_media_id string The media id of the picture. 封面的媒体 id。
---@field title string The title. 标题。

--- A question with answers to tap; the answer comes back as a text.
--- 带选项的菜单消息；粉丝点选后回来一条文字。
---@class (exact) Menu
---@field head_content? string What stands before the answers. 选项前的文字。
---@field list (string|table)[] The answers: texts, or { id =, content = }. 选项：文字，或 { id =, content = }。
---@field tail_content? string What stands behind them. 选项后的文字。

--- Music.
--- 音乐。
---@class (exact) Music
---@field description? string Its description. 描述。
---@field hqmusicurl? string Its address on Wi-Fi. Wi-Fi 下的网址。
---@field musicurl string Its address. 网址。
---@field thumb_media_id string The media id of the preview. 缩略图的媒体 id。
---@field title? string Its title. 标题。

--- A video.
--- 视频。
---@class (exact) Video
---@field description? string Its description. 描述。
---@field media_id string Its media id. 媒体 id。
---@field thumb_media_id? string The media id of the preview; customer service needs it. 缩略图的媒体 id；客服消息必填。
---@field title? string Its title. 标题。

--- When a message goes, and when it is too late for it.
--- 消息何时发出，何时作罢。
---@class (exact) SendOptions
---@field after? string A delay from now: "2h"; excludes at. 从现在起的延时："2h"；不能与 at 同用。
---@field at? string A moment of the account's calendar: "+6d 10:00", "22:00" (the next), "2026-12-24 10:00". 账号日历上的时刻："+6d 10:00"、"22:00"（下一个）、"2026-12-24 10:00"。
---@field expires? string A delay from when it is due; after that it is not done any more. 到点之后还等多久；过了就不做了。
---@field key? string Names what is scheduled, per fan and flow: ordering it again replaces what waits. 给排好的事起名，按粉丝和流程区分：再排一次就替换等着的。
---@field late? string What to do when its time has passed by more than a minute: "run" (default), "skip", "next" or "09:00-21:00". 过点一分钟以上怎么办："run"（默认）、"skip"、"next" 或 "09:00-21:00"。
---@field purpose? "service"|"campaign" send is a campaign by default, the others service. send 默认是营销（campaign），其余是服务（service）。

--- Options of a template message or notice.
--- 模板消息、订阅通知的选项。
---@class (exact) TemplateOptions: SendOptions
---@field url? string The page that it opens; notices have none. 点开的网页；订阅通知不能带。

--- A template message or notice as plain data.
--- 数据写法的模板消息或订阅通知。
---@class (exact) Template: TemplateOptions
---@field data? table<string, string|number> What stands under the template's keys. 模板各项的内容。
---@field name string Its name in the configuration. 配置里的模板名。

--- When another flow takes the fan, and with which variables.
--- 另一条流程何时接收粉丝，带什么变量。
---@class (exact) EnrollPlan
---@field after? string A delay from now: "2h"; excludes at. 从现在起的延时："2h"；不能与 at 同用。
---@field at? string A moment of the account's calendar: "+6d 10:00", "22:00" (the next), "2026-12-24 10:00". 账号日历上的时刻："+6d 10:00"、"22:00"（下一个）、"2026-12-24 10:00"。
---@field expires? string A delay from when it is due; after that it is not done any more. 到点之后还等多久；过了就不做了。
---@field key? string Names what is scheduled, per fan and flow: ordering it again replaces what waits. 给排好的事起名，按粉丝和流程区分：再排一次就替换等着的。
---@field late? string What to do when its time has passed by more than a minute: "run" (default), "skip", "next" or "09:00-21:00". 过点一分钟以上怎么办："run"（默认）、"skip"、"next" 或 "09:00-21:00"。
---@field vars? table<string, any> Its variables. 它的变量。

--- enroll as plain data.
--- 数据写法的 enroll。
---@class (exact) EnrollStart: EnrollPlan
---@field flow string The flow's name. 流程名。

--- The hooks of a plugin: its field hooks. Each is one function for all, or a table of functions by name; of several that take a name the longest does.
--- 插件的钩子，写在字段 hooks 里。每种钩子是一个管全部的函数，或按名字分的一组函数；几个名字都对得上时，用最长的那个。
---@class (exact) Hooks
---@field on_event? function|table<string, fun(fan: Fan, event: Event): EventRuling|boolean|nil> Sees an event after the account's own words and before any flow. A function for all does not hear what flows tell each other (tag, untag, attr, goal) nor sent: name those. 在账号自己的口令之后、所有流程之前看到事件。管全部的函数听不到流程互相告知的事（tag、untag、attr、goal）和 sent：这些要写明。
---@field before_send? function|table<string, fun(send: Outgoing): SendRuling|string|boolean|nil> Is asked once whether a message may go, by channel: passive, customer, template, notice, mass. It only looks: it changes neither the fan nor kv. 每条消息发出前问一次能不能发，按通道分：passive、customer、template、notice、mass。只能看：不改粉丝，也不写 kv。
---@field after_send? function|table<string, fun(send: Sent)> Hears how a message has ended: delivered, failed, skipped, expired, uncertain; that it was sent only by that name. 知道消息的结果：delivered、failed、skipped、expired、uncertain；sent（平台已接收）要写明才听得到。
---@field on_webhook? function|table<string, fun(hook: Webhook): HookEvent|HookEvent[]|nil> Takes calls of other systems that are about no fan, by globs of their names. Tried three times. 接收与某个粉丝无关的外部调用，名字可用通配。最多试三次。
---@field every? table<string, fun(account: Account)> Runs at times, by cron expressions in the account's zone. 按 cron 表达式定时运行，时区是账号的时区。
---@field on_error? string What becomes of a message whose before_send fails: "hold" (it waits 1, 5 and 15 minutes, then is skipped) or "pass". before_send 出错时消息怎么办："hold"（等 1、5、15 分钟再问，之后不发）或 "pass"（照发）。
---@field missed? string What becomes of a time of every that passed while the service was down: "run" (once) or "skip". 服务停着时错过的 every："run"（补一次）或 "skip"（不补）。

--- A message that is about to go. It has text, or message, or template with data and url.
--- 将要发出的一条消息。有 text，或有 message，或有 template 及其 data、url。
---@class (exact) Outgoing
---@field channel string passive, customer, template, notice or mass. passive、customer、template、notice 或 mass。
---@field purpose? string service or campaign. service 或 campaign。
---@field id? string Of the send; a passive reply has none. 发送的编号；被动回复没有。
---@field flow? string The flow that ordered it. 要发它的流程。
---@field text? string Its words, if it is a text. 文本消息的文字。
---@field message? Message What it is, if it is neither a text nor a template. 既不是文本也不是模板时的内容。
---@field template? string The name of the template, of template and notice. 模板消息、订阅通知的模板名。
---@field data? table<string, string> What the template is filled with. 模板里填的内容。
---@field url? string The page that a template opens. 模板消息打开的网页。
---@field created? number When it was ordered, in seconds since 1970. 要求发送的时刻，1970 年以来的秒数。
---@field due? number When it is to go, in seconds since 1970. 应发的时刻，1970 年以来的秒数。
---@field status? string How the send stands. 发送的状态。
---@field fan? Fan The fan, to look at; nil for a mass send. 粉丝，只能看；群发时是 nil。

--- A message that has ended, with how. Beside these it has the fields of Outgoing; its fan can be acted upon.
--- 一条已有结果的消息。除下列字段外还有 Outgoing 的字段；它的 fan 可以操作。
---@class Sent
---@field status string sent, delivered, failed, skipped, expired or uncertain. sent、delivered、failed、skipped、expired 或 uncertain。
---@field reason? string Why it did not arrive. 没送到的原因。
---@field channel string passive, customer, template, notice or mass. passive、customer、template、notice 或 mass。
---@field sent_at? number When the platform took it, in seconds since 1970. 平台接收的时刻，1970 年以来的秒数。
---@field fan? Fan The fan; nil for a mass send. 粉丝；群发时是 nil。
---@field msgid? string Of a mass send: the platform's id. 群发：平台的编号。
---@field counts? { total: number, filtered: number, sent: number, failed: number } Of a mass send: how many fans it was for, were left out, got it, did not. 群发：目标、被过滤、成功、失败的人数。

--- A call of another system that is about no fan.
--- 与某个粉丝无关的一次外部调用。
---@class (exact) Webhook
---@field event string Its name, from the address. 事件名，来自地址。
---@field data? any The body, if it is JSON: all of it. 正文是 JSON 时的全部内容。
---@field body? string The body, if it is no JSON. 正文不是 JSON 时的原文。
---@field key? string Its Idempotency-Key. 请求的 Idempotency-Key。
---@field received_at number In seconds since 1970. 收到的时刻，1970 年以来的秒数。
---@field account Account The account that it came to. 收到它的账号。

--- The account that a plugin runs for, where no fan is served.
--- 没有粉丝时，插件为之运行的账号。
---@class (exact) Account
---@field name string Its name in the configuration. 配置里的账号名。
---@field due number The time that the run stands for, in seconds since 1970. 这次运行对应的时刻，1970 年以来的秒数。
local Account = {}

--- An event for a fan, as another system would send it: flows hear webhook. At most 100 in a run; of a fan who is not there the log tells.
--- 给某个粉丝一个事件，如同外部系统发来的，流程里是 webhook。一次运行最多 100 个；没有这个粉丝就记到服务日志。
---@param openid string
---@param name string
---@param data? any
---@param options? { key?: string, create?: boolean }
function Account:event(openid, name, data, options) end

--- What on_event may return: one of both. Nothing lets the event go on; false stops it.
--- on_event 的返回值，二选一。什么都不返回就继续；false 就拦下。
---@class (exact) EventRuling
---@field event? { text?: string, data?: any } Flows see these words (of a text) or this data (of a webhook). The journal keeps the original. 流程看到的是这些文字（文本消息）或这份数据（webhook）。日志里是原样。
---@field stop? string Why no flow is offered the event. Exit rules act all the same. 为什么不交给任何流程。退出规则照常生效。

--- What before_send may return to change a message. Nothing or true lets it go; a text, or false, stops it.
--- before_send 改消息时的返回值。什么都不返回或 true 就照发；一段文字或 false 就不发。
---@class (exact) SendRuling
---@field text? string These words go instead. 改发这些文字。
---@field message? string|Message This goes instead. 改发这条消息。
---@field data? table<string, string|number> Fills the template or notice, instead of all that was in it. 模板或通知改填这些内容，整个替换。
---@field url? string The page that the template opens instead. 模板消息改打开这个网页。

--- An event for a fan, as on_webhook returns it; flows hear it as webhook. It has openid or unionid.
--- on_webhook 返回的、交给某个粉丝的事件，流程里就是 webhook。openid、unionid 二选一。
---@class (exact) HookEvent
---@field openid? string Whom it is for. 给哪个粉丝。
---@field unionid? string Whom it is for, by UnionID. 按 UnionID 指定粉丝。
---@field event string Its name, as flows hear it. 事件名，流程按它来听。
---@field data? any What flows see as event.data. 流程里的 event.data。
---@field key? string Two events of one fan, name and key within seven days are one. 七天内同一粉丝、同名、同 key 的事件只算一次。
---@field create? boolean Also for a fan never heard of. 没见过的粉丝也收。

--- A series of messages at offsets from the entry. It becomes a flow, with a state for each step.
--- 按进入后的时间依次发送的一组消息。它会变成一条流程，每一步是一个状态。
---@class (exact) Drip
---@field late? string What becomes of a step whose time has passed: "next" (default), "run", "skip" or hours. 过点的步骤怎么办："next"（默认）、"run"、"skip" 或时段。
---@field purpose? "campaign"|"service" Of what is sent; default campaign. 消息的用途；默认营销（campaign）。
---@field steps DripStep[] The steps, in the order of their times. 各步，按时间先后。
---@field again? string|boolean|Again When a fan may enter once more: "30d" after leaving, true or "0s" at once, "never"; default never. 粉丝何时可以再次进入："30d" 为离开 30 天后，true 或 "0s" 为立即，"never" 为不可；默认不可。
---@field closes? "leave" At `to` those who are in the flow are ended; default: they go on. 到 `to` 时结束流程中的人；默认让他们走完。
---@field exit? Exit What ends an enrollment wherever it is. 无论粉丝在哪个状态，什么会结束这段旅程。
---@field from? string The campaign window opens: a day or 2026-12-01 10:00, in the account's zone. 活动窗口的开始：日期，或 2026-12-01 10:00，按账号时区。
---@field hours? string "09:00-21:00": what late = "next" waits for; default: what the account's quiet hours leave. "09:00-21:00"：late = "next" 等到的时段；默认为账号免打扰之外。
---@field limit? Limit Places in all and per day; default: none. 名额：总数和每天；默认不限。
---@field name string The flow's name: letters, digits, - and _, up to 64 bytes. It never changes. 流程名：字母、数字、-、_，最多 64 字节。定了就不能改。
---@field priority? integer Higher is asked first; default 0. 数字大的先问；默认 0。
---@field title? string A name for people. 给人看的名字。
---@field to? string The window closes; a day alone is inside to its end. 窗口的结束；只写日期则当天算在内。
---@field triggers? Triggers What enrolls a fan; without it only enroll and call do. 什么让粉丝进入；不写则只能由 enroll、call 进入。

--- A step: its time, counted from the entry, and what is sent and noted.
--- 一步：从进入时算起的时间，以及发什么、记什么。
---@class (exact) DripStep
---@field after? string So long after the entry: "3d", "2h". 进入之后多久："3d"、"2h"。
---@field at? string That many days after the day of entry, at a time: "+3d 10:00". 进入当天之后第几天的几点："+3d 10:00"。
---@field when? When For whom. 发给谁。
---@field add? table<string, number|string> Counts attributes (points) and variables (["vars.n"]) on; what is not there counts as 0. 累加属性（points）和变量（["vars.n"]）；原来没有就从 0 算起。
---@field goal? string|string[] Reaches a goal, once per enrollment. 达成目标，每段旅程只算一次。
---@field message? string|Message|Article[] Goes by customer service. 走客服消息。
---@field notice? Template A subscription notice, which opens no page. 订阅通知，不能带网页。
---@field send? string|Message|Article[] Takes the cheapest open route; a campaign unless purpose says otherwise. 走当时最省的通道；除非 purpose 另说，算营销消息。
---@field set? table<string, any> Gives attributes (city, attrs.city) and variables (["vars.code"]) a value. 给属性（city、attrs.city）和变量（["vars.code"]）赋值。
---@field tag? string|string[] Gives tags. 打标签。
---@field template? Template A template message; never a campaign. 模板消息；绝不用于营销。
---@field untag? string|string[] Takes tags off. 去掉标签。

--- A mass send. It is data: fanflow runs no Lua when it goes out.
--- 群发。它是数据：发出时不运行 Lua。
---@class (exact) Broadcast
---@field audience table { tag = "…" } or { all = true }. { tag = "…" } 或 { all = true }。
---@field cron? string When, in the account's zone: "0 10 * * 1"; left out: by hand. 何时，按账号时区："0 10 * * 1"；不写则手动发送。
---@field message table One of text, articles, image, voice. text、articles、image、voice 之一。
---@field missed? "run"|"skip" What fell due while fanflow was down: once (default), or not at all. 停机时错过的：补一次（默认）或跳过。
---@field name string Its name. 名字。
---@field purpose? "campaign"|"service" Default campaign. 默认营销（campaign）。
---@field title? string A name for people. 给人看的名字。

--- What the operator has set for the plugin in fanflow.toml, by the names of the plugin's schema M.config: config.url. What is not set has the schema's default, else it is nil. It can be read only inside of functions, not changed, and is there in plugins alone. pairs(config) walks what has a value.
--- 运营人员在 fanflow.toml 里给插件的设置，名称与插件的 M.config 一致：config.url。没有设置的取默认值，没有默认值则为 nil。只能在函数里读取，不能修改，只有插件才有。pairs(config) 遍历有值的设置。
---@class (exact) configlib
config = {}

--- Digests and codings, for signed links and the APIs of others.
--- 摘要与编码，用于签名链接和对接其他系统的接口。
---@class (exact) cryptolib
crypto = {}

--- Base64 with padding.
--- Base64 编码，带补位。
---@param s string
---@return string
function crypto.base64(s) end

--- The bytes of a base64 text with padding; nil where it is none.
--- 解码 Base64；格式不对则为 nil。
---@param s string
---@return string?
function crypto.base64_decode(s) end

--- Two lower-case digits for each byte.
--- 十六进制编码，小写。
---@param s string
---@return string
function crypto.hex(s) end

--- The bytes of a hex text; nil where it is none.
--- 解码十六进制；格式不对则为 nil。
---@param s string
---@return string?
function crypto.hex_decode(s) end

--- The HMAC-SHA-256 of s under key, a text or a secret of the plugin, in hex. Services that want it in base64: crypto.base64(crypto.hex_decode(…)).
--- 用 key（文字，或插件的密钥）对 s 做 HMAC-SHA-256，结果为十六进制。对方要求 Base64 时：crypto.base64(crypto.hex_decode(…))。
---@param key string|userdata
---@param s string
---@return string
function crypto.hmac_sha256(key, s) end

--- n (1 to 64) capital letters and digits without 0, 1, I, L and O. From the decision's seed, so that a repeated decision gives the same: good for codes that fans type, not for passwords and keys.
--- n 个（1 到 64）大写字母和数字，不含 0、1、I、L、O。由这次决定的种子产生，重做决定结果相同：适合粉丝输入的券码，不可用作密码或密钥。
---@param n integer
---@return string
function crypto.random_token(n) end

--- The SHA-256 of s, in hex.
--- s 的 SHA-256，结果为十六进制。
---@param s string
---@return string
function crypto.sha256(s) end

--- Distances between places in degrees, along the surface, good to about 0.5 %. A place is a table with latitude and longitude in numbers. WeChat's places are those of Chinese maps (GCJ-02): take the shops' from such a map, too.
--- 两地沿地表的距离，误差约 0.5%，坐标单位为度。地点是含 latitude 和 longitude 两个数字的表。微信给出的是国内地图的坐标（GCJ-02），门店坐标也请取自国内地图。
---@class (exact) geolib
geo = {}

--- The metres between two places.
--- 两地相距多少米。
---@param lat1 number
---@param lon1 number
---@param lat2 number
---@param lon2 number
---@return integer
function geo.distance(lat1, lon1, lat2, lon2) end

--- Of a list of places the nearest, and its distance in metres; nil where the list is empty. Of equally near ones the first.
--- 列表中最近的地点和距离（米）；列表为空则为 nil。距离相同取靠前的。
---@param places table[]
---@param latitude number
---@param longitude number
---@return table?
---@return integer?
function geo.nearest(places, latitude, longitude) end

--- Of a list of places those that are at most so many metres away, the nearest first, and a list of their distances.
--- 列表中距离不超过 metres 米的地点，由近到远；另返回它们的距离列表。
---@param places table[]
---@param latitude number
---@param longitude number
---@param metres number
---@return table[]
---@return integer[]
function geo.within(places, latitude, longitude, metres) end

--- Other systems over HTTP, as far as http_allow of the account and permissions.hosts of the plugin reach. Reading with get ends in the decision, so it has to be quick: one second each, at most three in a decision, two seconds in all. Everything else is ordered: it is done after the decision is kept, tried again where it fails, and its answer comes as the event answer.
--- 通过 HTTP 访问其他系统，范围由账号的 http_allow 和插件的 permissions.hosts 决定。get 在处理过程中读取，必须快：每次一秒，一次处理最多三次，总共两秒。其余方法只是下单：处理结果保存之后才执行，失败会重试，结果以 answer 事件返回。
---@class (exact) httplib
http = {}

--- Reads a URL. Gives the answer, with any status, or nil and what went wrong, such as "timeout: …". The first word is denied, private, dns, refused, tls, timeout, reset, large, encoding, redirect, busy or down.
--- 读取一个网址。返回应答（不论状态码），或者 nil 加出错原因，例如 "timeout: …"。第一个词是 denied、private、dns、refused、tls、timeout、reset、large、encoding、redirect、busy 或 down。
---@param url string
---@param options? HTTPReadOptions
---@return HTTPAnswer?
---@return string?
function http.get(url, options) end

--- Orders a POST and gives its id. It is made after the decision is kept, with the header Idempotency-Key, the same at every try; the event answer tells how it ended.
--- 下单一次 POST 调用并返回它的编号。处理结果保存之后才执行，带请求头 Idempotency-Key，每次重试都相同；结果由 answer 事件告知。
---@param url string
---@param options? HTTPCallOptions
---@return string
function http.post(url, options) end

--- Orders a PUT and gives its id. It is made after the decision is kept, with the header Idempotency-Key, the same at every try; the event answer tells how it ended.
--- 下单一次 PUT 调用并返回它的编号。处理结果保存之后才执行，带请求头 Idempotency-Key，每次重试都相同；结果由 answer 事件告知。
---@param url string
---@param options? HTTPCallOptions
---@return string
function http.put(url, options) end

--- Orders a PATCH and gives its id. It is made after the decision is kept, with the header Idempotency-Key, the same at every try; the event answer tells how it ended.
--- 下单一次 PATCH 调用并返回它的编号。处理结果保存之后才执行，带请求头 Idempotency-Key，每次重试都相同；结果由 answer 事件告知。
---@param url string
---@param options? HTTPCallOptions
---@return string
function http.patch(url, options) end

--- Orders a DELETE and gives its id. It is made after the decision is kept, with the header Idempotency-Key, the same at every try; the event answer tells how it ended.
--- 下单一次 DELETE 调用并返回它的编号。处理结果保存之后才执行，带请求头 Idempotency-Key，每次重试都相同；结果由 answer 事件告知。
---@param url string
---@param options? HTTPCallOptions
---@return string
function http.delete(url, options) end

--- JSON: what other systems write and read.
--- JSON：与其他系统交换数据的格式。
---@class (exact) jsonlib
json = {}

--- The value of a JSON text. null becomes nil; whole numbers beyond 2^53 become texts, so that ids stay exact. Fails where the text is no JSON: use pcall for what others wrote.
--- 解析 JSON 文字。null 变成 nil；超过 2^53 的整数变成文字，编号因此不会失真。不是 JSON 则报错：解析别人写的内容时请用 pcall。
---@param text string
---@return any
function json.decode(text) end

--- A value as JSON, keys in sorted order. {} is an empty object, json.list() an empty list. Functions, a list with holes and numbers that are not finite are refused.
--- 把值写成 JSON，键按字母排序。{} 是空对象，json.list() 是空列表。函数、有空洞的列表、非有限数会报错。
---@param value any
---@return string
function json.encode(value) end

--- A new empty list, which json.encode, kv.set and fan.vars keep as a list while it is empty.
--- 新的空列表：为空时，json.encode、kv.set、fan.vars 也把它当作列表而不是对象。
---@return table
function json.list() end

--- Values that all fans of the account share: exact, however many fans come at the same moment, and kept only if the whole decision stands. A decision may read and claim 64 times. A plugin sees the keys of its permissions.
--- 账号的所有粉丝共用的值：无论多少人同时到来都分毫不差，并且只有整次决定成立才算数。一次决定最多读取和领取 64 次。插件只能用它的权限所列的键。
---@class (exact) kvlib
kv = {}

--- How far a key was counted by increment or take; 0 before the first.
--- increment 或 take 数到了几；还没开始则为 0。
---@param key string
---@return integer
function kv.count(key) end

--- Takes a key and its value away.
--- 删除一个键和它的值。
---@param key string
function kv.delete(key) end

--- The value of a key; nil if it has none.
--- 读取一个键的值；没有则为 nil。
---@param key string
---@return any
function kv.get(key) end

--- Counts on by 1, or by `by`, and gives the new count: no count is given twice, whoever comes at the same moment.
--- 计数加 1（或加 by），返回新的数：再多人同时来，也不会有两人拿到同一个数。
---@param key string
---@param by? integer
---@return integer
function kv.increment(key, by) end

--- Gives a key a value: a text, number, boolean or table of them; nil deletes it.
--- 给键赋值：文字、数字、布尔值，或由它们组成的表；nil 表示删除。
---@param key string
---@param value any
function kv.set(key, value) end

--- The next of the numbers 1, 2, … limit, each given to one fan; nil when none is left.
--- 取下一个号码 1、2……limit，每个号码只给一个人；取完为 nil。
---@param key string
---@param limit integer
---@return integer?
function kv.take(key, limit) end

--- Lines for the author: on the fan's timeline, and on the page of the flow or plugin. A line is cut at 1,000 bytes.
--- 写给作者看的日志：显示在粉丝的时间线上，以及流程或插件的页面。一行最长 1,000 字节。
---@class (exact) loglib
log = {}

--- A line of level error. It does not end the script: error(…) does.
--- 写一行 error 级别的日志。它不会中止脚本，中止请用 error(…)。
---@param ... any
function log.error(...) end

--- A line of the values, as tostring shows them, with tabs between: the same as print.
--- 写一行日志：各值按 tostring 显示，用制表符隔开，等同 print。
---@param ... any
function log.info(...) end

--- A line of level warn.
--- 写一行 warn 级别的日志。
---@param ... any
function log.warn(...) end

--- Numbers. Chance is the decision's own: a decision that is repeated throws the same dice.
--- 数学。随机数由这次决定的种子产生：重做同一次决定，结果相同。
---@class (exact) mathlib
---@field huge number A number larger than any other. 比任何数都大的数。
---@field pi number 3.14159… 圆周率 3.14159…
math = {}

--- Without its sign.
--- 绝对值。
---@param x number
---@return number
function math.abs(x) end

--- The arc cosine, in radians.
--- 反余弦，单位弧度。
---@param x number
---@return number
function math.acos(x) end

--- The arc sine, in radians.
--- 反正弦，单位弧度。
---@param x number
---@return number
function math.asin(x) end

--- The arc tangent, in radians.
--- 反正切，单位弧度。
---@param x number
---@return number
function math.atan(x) end

--- The angle of the point (x, y), in radians.
--- 点 (x, y) 的角度，单位弧度。
---@param y number
---@param x number
---@return number
function math.atan2(y, x) end

--- The next whole number that is not smaller.
--- 向上取整。
---@param x number
---@return number
function math.ceil(x) end

--- The cosine of radians.
--- 余弦，参数为弧度。
---@param x number
---@return number
function math.cos(x) end

--- The hyperbolic cosine.
--- 双曲余弦。
---@param x number
---@return number
function math.cosh(x) end

--- Radians in degrees.
--- 弧度转角度。
---@param x number
---@return number
function math.deg(x) end

--- e to the power of x.
--- e 的 x 次方。
---@param x number
---@return number
function math.exp(x) end

--- The next whole number that is not larger.
--- 向下取整。
---@param x number
---@return number
function math.floor(x) end

--- The rest of x divided by y, with the sign of x; x % y has the sign of y.
--- x 除以 y 的余数，符号随 x；x % y 的符号随 y。
---@param x number
---@param y number
---@return number
function math.fmod(x, y) end

--- m and e with x = m × 2^e.
--- 返回 m 和 e，使 x = m × 2^e。
---@param x number
---@return number
---@return integer
function math.frexp(x) end

--- m × 2^e.
--- m × 2^e。
---@param m number
---@param e integer
---@return number
function math.ldexp(m, e) end

--- The natural logarithm.
--- 自然对数。
---@param x number
---@return number
function math.log(x) end

--- The logarithm to base 10.
--- 以 10 为底的对数。
---@param x number
---@return number
function math.log10(x) end

--- The largest.
--- 最大值。
---@param x number
---@param ... number
---@return number
function math.max(x, ...) end

--- The smallest.
--- 最小值。
---@param x number
---@param ... number
---@return number
function math.min(x, ...) end

--- The whole part and the fraction.
--- 整数部分和小数部分。
---@param x number
---@return number
---@return number
function math.modf(x) end

--- x to the power of y: x ^ y.
--- x 的 y 次方，即 x ^ y。
---@param x number
---@param y number
---@return number
function math.pow(x, y) end

--- Degrees in radians.
--- 角度转弧度。
---@param x number
---@return number
function math.rad(x) end

--- random(): from 0 to below 1; random(n): 1 to n; random(m, n): m to n. For draws that must not be foreseen by fans it is good; for secrets it is not.
--- random()：0 到 1（不含 1）；random(n)：1 到 n；random(m, n)：m 到 n。可用于抽奖；不可用于生成密钥。
---@param low? integer
---@param high? integer
---@return number
function math.random(low, high) end

--- Always fails: every decision has a seed of its own, so that it can be repeated exactly.
--- 总是报错：每次决定都有自己的种子，以便原样重做。
---@param n? integer
function math.randomseed(n) end

--- The sine of radians.
--- 正弦，参数为弧度。
---@param x number
---@return number
function math.sin(x) end

--- The hyperbolic sine.
--- 双曲正弦。
---@param x number
---@return number
function math.sinh(x) end

--- The square root.
--- 平方根。
---@param x number
---@return number
function math.sqrt(x) end

--- The tangent of radians.
--- 正切，参数为弧度。
---@param x number
---@return number
function math.tan(x) end

--- The hyperbolic tangent.
--- 双曲正切。
---@param x number
---@return number
function math.tanh(x) end

--- The plugin's secrets by name: secrets.token; nil where the operator has set none. What stands for a secret has no text that a script could see, keep or send to a fan: http takes it in headers, query, form and json, crypto.hmac_sha256 as the key, and it is opened there alone. It is there in plugins alone.
--- 插件的密钥，按名称：secrets.token；没有设置则为 nil。脚本看不到密钥的内容，也不能保存或发给粉丝：http 的 headers、query、form、json 和 crypto.hmac_sha256 的 key 可以用它，只在那里才解开。只有插件才有。
---@class (exact) secretslib
secrets = {}

--- A text made of texts, numbers and secrets, for http: "Bearer " and a token. At most 64 parts and 4 KB of text.
--- 把文字、数字和密钥拼成一段，供 http 使用，例如 "Bearer " 加令牌。最多 64 段、4 KB 文字。
---@param ... any
---@return any
function secrets.join(...) end

--- Texts as bytes: a Chinese character is three. `s:upper()` is string.upper(s). The module text counts in characters.
--- 按字节处理文字：一个汉字占三个字节。`s:upper()` 等同 string.upper(s)。按字数处理请用 text 模块。
---@class (exact) stringlib
string = {}

--- The bytes from first to last as numbers; the first byte alone without them.
--- 返回 first 到 last 各字节的数值；不写则只返回第一个字节。
---@param s string
---@param first? integer
---@param last? integer
---@return integer ...
function string.byte(s, first, last) end

--- A text of bytes, each 0 to 255.
--- 用若干字节（0 到 255）组成文字。
---@param ... integer
---@return string
function string.char(...) end

--- Where a pattern is first found: first and last byte, then its captures; nil if it is not. plain: pattern is a text and no pattern.
--- 第一次匹配的首尾字节位置，随后是捕获；没有则为 nil。plain 为真时按普通文字查找。
---@param s string
---@param pattern string
---@param from? integer
---@param plain? boolean
---@return integer?
---@return integer?
---@return any ...
function string.find(s, pattern, from, plain) end

--- Fills %s %d %i %u %c %x %X %o %e %E %f %g %G %q and %% of a layout, with widths up to 99.
--- 按格式填充：%s %d %i %u %c %x %X %o %e %E %f %g %G %q 和 %%，宽度不超过 99。
---@param layout string
---@param ... any
---@return string
function string.format(layout, ...) end

--- For loops: the captures of every match in turn, the whole match where there are none.
--- 用于 for 循环：依次给出每次匹配的捕获；没有捕获则给出整个匹配。
---@param s string
---@param pattern string
---@return function
function string.gmatch(s, pattern) end

--- Replaces every match, at most `most`: by a text with %0 to %9, by the value of a table, or by what a function gives; nil and false keep the match. Gives the text and how many.
--- 替换匹配的部分（最多 most 处）：用含 %0 到 %9 的文字、表中的值或函数的返回值；nil 和 false 保留原文。返回新文字和替换次数。
---@param s string
---@param pattern string
---@param by string|number|table|function
---@param most? integer
---@return string
---@return integer
function string.gsub(s, pattern, by, most) end

--- How many bytes.
--- 字节数。
---@param s string
---@return integer
function string.len(s) end

--- In lower case, for letters of every script.
--- 转小写，各种文字的字母都适用。
---@param s string
---@return string
function string.lower(s) end

--- The captures of the first match, or the whole match where there are none; nil without one.
--- 返回第一次匹配的捕获，没有捕获则返回整个匹配；不匹配为 nil。
---@param s string
---@param pattern string
---@param from? integer
---@return any ...
function string.match(s, pattern, from) end

--- The text n times.
--- 把文字重复 n 次。
---@param s string
---@param n integer
---@return string
function string.rep(s, n) end

--- The bytes in reverse. A Chinese text is broken by that.
--- 按字节倒序。中文会因此损坏。
---@param s string
---@return string
function string.reverse(s) end

--- The bytes from first to last, from the end where negative. text.sub counts characters.
--- 取 first 到 last 的字节，负数从末尾数起。按字数截取请用 text.sub。
---@param s string
---@param first? integer
---@param last? integer
---@return string
function string.sub(s, first, last) end

--- In upper case, for letters of every script.
--- 转大写，各种文字的字母都适用。
---@param s string
---@return string
function string.upper(s) end

--- Lists. A list has at most 65,535 items.
--- 列表。一个列表最多 65,535 项。
---@class (exact) tablelib
table = {}

--- The texts and numbers of a list as one text.
--- 把列表里的文字和数字连成一段文字。
---@param list table
---@param separator? string
---@param first? integer
---@param last? integer
---@return string
function table.concat(list, separator, first, last) end

--- How many items: the same as #list.
--- 项数，等同 #list。
---@param list table
---@return integer
function table.getn(list) end

--- Puts a value at the end of a list, or at a position: insert(list, value), insert(list, 1, value).
--- 在列表末尾或指定位置插入：insert(list, value)、insert(list, 1, value)。
---@param list table
---@param at_or_value any
---@param value? any
function table.insert(list, at_or_value, value) end

--- The largest number among the keys; 0 without one.
--- 最大的数字键；没有则为 0。
---@param t table
---@return number
function table.maxn(t) end

--- Takes an item out, the last without a position, and gives it.
--- 移除并返回一项；不写位置则为最后一项。
---@param list table
---@param at? integer
---@return any
function table.remove(list, at) end

--- Sorts a list in place, by < or by before(a, b), which says whether a comes first.
--- 就地排序：按 <，或按 before(a, b)，它返回 a 是否在前。
---@param list table
---@param before? function
function table.sort(list, before) end

--- The same as unpack.
--- 等同 unpack。
---@param list table
---@param first? integer
---@param last? integer
---@return any ...
function table.unpack(list, first, last) end

--- Texts as characters: a Chinese character is one. Nothing here is a pattern.
--- 按字处理文字：一个汉字算一个。这里的函数都不用模式。
---@class (exact) textlib
text = {}

--- A whole number in Chinese numerals, 二 and not 两, below ten quadrillion (万万亿): 320 is 三百二十.
--- 把整数写成汉字（用“二”不用“两”），小于一万万亿：320 写作“三百二十”。
---@param n integer
---@return string
function text.chinese(n) end

--- Whether s holds part.
--- s 是否含有 part。
---@param s string
---@param part string
---@return boolean
function text.contains(s, part) end

--- Whether s ends in part.
--- s 是否以 part 结尾。
---@param s string
---@param part string
---@return boolean
function text.ends(s, part) end

--- With &, <, >, " and ' written so that no browser, nor WeChat, takes them for a tag or a link.
--- 把 &、<、>、"、' 转义，浏览器和微信都不会把它们当成标签或链接。
---@param s string
---@return string
function text.escape_html(s) end

--- Trimmed, in lower case, wide letters, digits and signs as narrow ones: what fans type can be compared so.
--- 去掉首尾空白、转小写、全角变半角，便于比较粉丝输入的内容。
---@param s string
---@return string
function text.fold(s) end

--- 早上好 (5:00), 上午好 (9:00), 中午好 (11:00), 下午好 (13:00) or 晚上好 (18:00 to 5:00), by the account's clock; when is what time.at gives, left out: now.
--- 按账号时区返回早上好（5 点起）、上午好（9 点起）、中午好（11 点起）、下午好（13 点起）或晚上好（18 点至 5 点）；when 用 time.at 的结果，不写为现在。
---@param when? number
---@return string
function text.greeting(when) end

--- How many characters.
--- 字数。
---@param s string
---@return integer
function text.length(s) end

--- The number that a fan wrote, alone in the text: 320, ３２０, 1.5万, 三百二十, 两千零五, 一万五, 二〇二六, 壹佰, 负三, 三点五; nil where it is none.
--- 读出粉丝写的数字（整段文字就是一个数）：320、３２０、1.5万、三百二十、两千零五、一万五、二〇二六、壹佰、负三、三点五；不是数字则为 nil。
---@param s string
---@return number?
function text.number(s) end

--- With every old replaced by new.
--- 把所有 old 换成 new。
---@param s string
---@param old string
---@param new string
---@return string
function text.replace(s, old, new) end

--- The parts between the separators, as a list; without a separator the words between white space.
--- 按分隔符切开，得到列表；不写分隔符则按空白切分。
---@param s string
---@param separator? string
---@return string[]
function text.split(s, separator) end

--- Whether s begins with part.
--- s 是否以 part 开头。
---@param s string
---@param part string
---@return boolean
function text.starts(s, part) end

--- The characters from first to last, counted from 1, or from the end where negative.
--- 取第 first 到 last 个字，从 1 数起，负数从末尾数起。
---@param s string
---@param first integer
---@param last? integer
---@return string
function text.sub(s, first, last) end

--- Without the white space at both ends, the wide space included.
--- 去掉首尾空白，包括全角空格。
---@param s string
---@return string
function text.trim(s) end

--- Letters, digits, signs and spaces in their narrow (ABC 123) or wide form (ＡＢＣ　１２３).
--- 把字母、数字、标点和空格转成半角（narrow）或全角（wide）。
---@param s string
---@param to "narrow"|"wide"
---@return string
function text.width(s, to) end

--- The decision's moment, and the calendar of the account's time zone: there is no other clock. A moment is a number of seconds since 1970, or a text: "+6d 22:00" (in six days, at 22:00), "+2h", "22:00" (the next), "2026-11-02 21:30". A duration is "2w", "1d", "2d12h", "30m", "90s".
--- 这次决定的时刻，以及账号时区的日历；没有别的时钟。时刻可以是 1970 年以来的秒数，也可以是文字："+6d 22:00"（六天后的 22 点）、"+2h"、"22:00"（下一个）、"2026-11-02 21:30"。时长写作 "2w"、"1d"、"2d12h"、"30m"、"90s"。
---@class (exact) timelib
time = {}

--- The moment so much later, in seconds since 1970; with a minus before the duration, earlier. nil is now.
--- 往后推一段时长，返回 1970 年以来的秒数；时长前加负号则往前。nil 表示现在。
---@param when string|number|nil
---@param duration string
---@return number
function time.add(when, duration) end

--- A moment in seconds since 1970.
--- 把时刻换算成 1970 年以来的秒数。
---@param when string|number
---@return number
function time.at(when) end

--- Whether a moment's time of the day is from `from` to before `to`, over midnight where to is not later.
--- 某个时刻的钟点是否在 from（含）到 to（不含）之间；to 不晚于 from 时跨过午夜。
---@param from string
---@param to string
---@param when? string|number
---@return boolean
function time.between(from, to, when) end

--- A moment as 2026-11-02 21:30, as template messages show it; left out: now.
--- 把时刻写成 2026-11-02 21:30，与模板消息的格式一致；不写为现在。
---@param when? string|number
---@return string
function time.date(when) end

--- A moment in a layout of your own: %Y %y year, %m month, %d day, %H hour, %M minute, %S second, %I %p hour of twelve, %j day of the year, %a %A weekday, %b %B month, %F date, %T %R time, %z %Z zone, %% a percent sign.
--- 按自己的格式写时刻：%Y %y 年、%m 月、%d 日、%H 时、%M 分、%S 秒、%I %p 十二小时制、%j 一年中的第几天、%a %A 星期、%b %B 英文月份、%F 日期、%T %R 时间、%z %Z 时区、%% 百分号。
---@param layout string
---@param when? string|number
---@return string
function time.format(layout, when) end

--- 0 to 23.
--- 几点，0 到 23。
---@param when? string|number
---@return integer
function time.hour(when) end

--- The decision's moment in seconds since 1970.
--- 这次决定的时刻，1970 年以来的秒数。
---@return number
function time.now() end

--- How many seconds a duration is.
--- 一段时长有多少秒。
---@param duration string
---@return number
function time.seconds(duration) end

--- The day of a moment as 2026-11-02; left out: today.
--- 某个时刻的日期，写作 2026-11-02；不写为今天。
---@param when? string|number
---@return string
function time.today(when) end

--- 1 for Monday to 7 for Sunday.
--- 星期几，1 为星期一，7 为星期日。
---@param when? string|number
---@return integer
function time.weekday(when) end

--- "Lua 5.1".
--- "Lua 5.1"。
---@type string
_VERSION = nil

--- Fails with the message where v is nil or false; else gives all that it was given.
--- v 为 nil 或 false 时报错并给出 message；否则原样返回全部参数。
---@param v any
---@param message? any
---@param ... any
---@return any ...
function assert(v, message, ...) end

--- Ends the call with an error. A text gets the file and line put before it; level 2 blames the caller, 0 adds no place.
--- 抛出错误。文字前面会加上文件和行号；level 为 2 时指调用者的位置，0 则不加。
---@param message any
---@param level? integer
function error(message, level) end

--- The metatable of a value. That of texts and of fanflow's own objects is locked: the text "locked".
--- 取元表。文字和 fanflow 自带对象的元表是锁定的，返回 "locked"。
---@param v any
---@return any
function getmetatable(v) end

--- Walks a list: 1, 2, 3, … up to the first nil.
--- 依次遍历列表 1、2、3……到第一个 nil 为止。
---@param list table
---@return function
---@return table
---@return integer
function ipairs(list) end

--- The key after a key, and its value; without a key the first; nil after the last.
--- 返回下一个键和值；不写键则为第一个；到头返回 nil。
---@param t table
---@param key? any
---@return any
---@return any
function next(t, key) end

--- Walks all keys of a table: the list first, then the others in the order in which they were set.
--- 遍历表的全部键：先列表部分，再按写入的次序遍历其余的键，次序固定。
---@param t any
---@return function
---@return any
---@return any
function pairs(t) end

--- Calls f and catches its errors: true and its results, or false and the error. The end of a budget cannot be caught.
--- 保护调用：成功返回 true 和结果，出错返回 false 和错误。超出预算无法被捕获。
---@param f function
---@param ... any
---@return boolean
---@return any ...
function pcall(f, ...) end

--- A line in the script's log: the same as log.info.
--- 写一行日志，等同 log.info。
---@param ... any
function print(...) end

--- Whether two values are the same, without __eq.
--- 不经 __eq 判断两个值是否相同。
---@param a any
---@param b any
---@return boolean
function rawequal(a, b) end

--- What a table holds under a key, without __index.
--- 不经 __index 直接取表中的值。
---@param t table
---@param key any
---@return any
function rawget(t, key) end

--- A plugin or a module by its name. A plugin's file runs once in a decision; which version is fixed when the script is published.
--- 按名字引入插件或模块。插件文件在一次决定里只运行一次；用哪个版本在发布时就定下了。
---@param name string
---@return any
function require(name) end

--- The arguments from the nth on, from the end where n is negative; "#": how many there are.
--- 返回第 n 个起的参数，负数从末尾数起；"#" 返回参数个数。
---@param n integer|"#"
---@param ... any
---@return any ...
function select(n, ...) end

--- Gives a table a metatable, and gives the table back.
--- 给表设置元表，并返回这个表。
---@param t table
---@param meta? table
---@return table
function setmetatable(t, meta) end

--- A text as a number; nil if it is none. base is 2 to 36. Wide digits are none: see text.number.
--- 把文字转成数字，不是数字则为 nil。base 为 2 到 36。全角数字和汉字数字请用 text.number。
---@param v any
---@param base? integer
---@return number?
function tonumber(v, base) end

--- A value as a text. Tables and functions are named by a number that is the same when the decision is repeated.
--- 把值转成文字。表和函数用序号表示，重做同一次决定时序号不变。
---@param v any
---@return string
function tostring(v) end

--- The type: nil, boolean, number, string, table, function or userdata.
--- 返回类型：nil、boolean、number、string、table、function 或 userdata。
---@param v any
---@return string
function type(v) end

--- The items of a list as values, at most 4,096.
--- 把列表展开成多个值，最多 4,096 个。
---@param list table
---@param first? integer
---@param last? integer
---@return any ...
function unpack(list, first, last) end

--- pcall whose error goes through handler first.
--- 同 pcall，错误先交给 handler 处理。
---@param f function
---@param handler function
---@param ... any
---@return boolean
---@return any ...
function xpcall(f, handler, ...) end

--- Declares a flow: the script ends with return flow { … }.
--- 声明一条流程：脚本以 return flow { … } 结尾。
---@param declaration Flow
---@return Flow
function flow(declaration) end

--- Declares a broadcast: the script ends with return broadcast { … }.
--- 声明一次群发：脚本以 return broadcast { … } 结尾。
---@param declaration Broadcast
---@return Broadcast
function broadcast(declaration) end

--- Declares a drip, a series of messages: the script ends with return drip { … }.
--- 声明一组定时消息：脚本以 return drip { … } 结尾。
---@param declaration Drip
---@return Drip
function drip(declaration) end
