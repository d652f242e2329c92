package wechat

// Reply is a passive reply to a push. The zero Reply means that nothing is shown: WeChat is answered "success".
// It is plain data, so that it can be stored and given again to a repeated push.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
type Reply struct {
	// MsgType is text, news, image, voice, video, music, transfer_customer_service or transfer_biz_ai_ivr; empty for no reply.
	MsgType   string    `json:"msgtype,omitempty"`
	Content   string    `json:"content,omitempty"`    // text; at most MaxText bytes
	Articles  []Article `json:"articles,omitempty"`   // news; see MaxArticles
	MediaID   string    `json:"media_id,omitempty"`   // image, voice, video
	Title     string    `json:"title,omitempty"`      // video, music
	Desc      string    `json:"desc,omitempty"`       // video, music
	MusicURL  string    `json:"music_url,omitempty"`  // music
	HQMusic   string    `json:"hq_music,omitempty"`   // music
	Thumb     string    `json:"thumb,omitempty"`      // music; media id
	KfAccount string    `json:"kf_account,omitempty"` // transfer_customer_service; empty: any agent
}

// IsZero reports whether there is nothing to show.
func (r Reply) IsZero() bool { return r.MsgType == "" }

// TextReply is a reply of one text.
func TextReply(content string) Reply { return Reply{MsgType: "text", Content: content} }

// Article is one item of a news message.
type Article struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	PicURL      string `json:"picurl,omitempty"`
	URL         string `json:"url,omitempty"`
}

// MaxText is the largest Content of a text reply in bytes of UTF-8. The platform states none; 2048 was measured by others
// (github.com/MamaShip/Observer issue 77). A longer reply shows the fan the platform's fault line.
const MaxText = 2048

// MaxArticles is how many articles a news reply may hold: one to a fan's message, eight to an event.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
func MaxArticles(toEvent bool) int {
	if toEvent {
		return 8
	}
	return 1
}
