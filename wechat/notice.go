package wechat

type (
	// NoticeConsent is what a user chose about subscription notices: when asked (subscribe_msg_popup_event) or later in the settings
	// (subscribe_msg_change_event, of which only "reject" is pushed). The user need not follow the account.
	// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
	NoticeConsent struct{ List []NoticeChoice }
	// NoticeChoice is the choice about one template. SubscribeStatusString is accept or reject. PopupScene says where the user was
	// asked: 1 a web page, 2 an article; 0 where it is not told.
	NoticeChoice struct {
		TemplateID, SubscribeStatusString string
		PopupScene                        int
	}
	// NoticeResult is what became of subscription notices (subscribe_msg_sent_event).
	// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
	NoticeResult struct{ List []NoticeSent }
	// NoticeSent is what became of one. ErrorCode 0 means that it arrived; ErrorStatus says the same in words, success if so.
	NoticeSent struct {
		TemplateID, MsgID string
		ErrorCode         int
		ErrorStatus       string
	}
)

func (*NoticeConsent) body() {}
func (*NoticeResult) body()  {}

// noticeConsent takes repeated List elements (XML, inside an element that is called after the event) and a List at the top that is
// an array or one object (JSON). Source: developers.weixin.qq.com/community/develop/doc/00042034428fa074706c908245b800
func noticeConsent(d *document) Body {
	c := &NoticeConsent{}
	for _, i := range d.rows(root, "TemplateId") {
		c.List = append(c.List, NoticeChoice{
			TemplateID: d.word(i, "TemplateId"), SubscribeStatusString: d.word(i, "SubscribeStatusString"),
			PopupScene: int(d.number(i, "PopupScene")),
		})
	}
	return c
}

func noticeResult(d *document) Body {
	r := &NoticeResult{}
	for _, i := range d.rows(root, "TemplateId") {
		r.List = append(r.List, NoticeSent{
			TemplateID: d.word(i, "TemplateId"), MsgID: d.either(i, "MsgID", "MsgId"),
			ErrorCode: int(d.number(i, "ErrorCode")), ErrorStatus: d.word(i, "ErrorStatus"),
		})
	}
	return r
}

func (c *NoticeConsent) appendIdentity(id []byte) []byte {
	for _, n := range c.List {
		id = appendWords(id, n.TemplateID, n.SubscribeStatusString)
	}
	return id
}

func (r *NoticeResult) appendIdentity(id []byte) []byte {
	for _, n := range r.List {
		id = appendWords(id, n.TemplateID, n.MsgID)
	}
	return id
}
