package wechat

import "unicode/utf8"

// Reply is a passive reply to a push. The zero Reply means that nothing is shown: WeChat is answered "success".
// It is plain data, so that it can be stored and given again to a repeated push.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
type Reply struct {
	// MsgType is text, news, image, voice, video, music, transfer_customer_service or transfer_biz_ai_ivr; empty for no reply.
	MsgType   string    `json:"msgtype,omitempty"`
	Content   string    `json:"content,omitempty"`    // text; at most MaxText bytes
	Articles  []Article `json:"articles,omitempty"`   // news; see MaxArticles
	MediaID   string    `json:"media_id,omitempty"`   // image (no animated GIF), voice, video
	Title     string    `json:"title,omitempty"`      // video, music
	Desc      string    `json:"desc,omitempty"`       // video, music
	MusicURL  string    `json:"music_url,omitempty"`  // music
	HQMusic   string    `json:"hq_music,omitempty"`   // music; preferred on Wi-Fi
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

// MaxArticles is how many articles a news reply may hold: one to a fan's message, eight to an event. More are not shown.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
func MaxArticles(toEvent bool) int {
	if toEvent {
		return 8
	}
	return 1
}

// SplitText cuts s between two characters: head fits into one text reply (MaxText bytes), rest is what is left, empty where
// all of it fits.
func SplitText(s string) (head, rest string) {
	if len(s) <= MaxText {
		return s, ""
	}
	n := MaxText
	for n > MaxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n], s[n:]
}

// ReplyProblem is why a Reply cannot be shown as it is.
type ReplyProblem string

// The problems of replies. After the first five the platform shows its fault line instead, or AppendReply nothing; after
// TooManyArticles a part is missing.
const (
	UnknownType     ReplyProblem = "unknown-type"      // no MsgType of a reply
	EmptyReply      ReplyProblem = "empty"             // a text without a character that can be shown, news without an article
	TextTooLong     ReplyProblem = "text-too-long"     // over MaxText
	MissingMedia    ReplyProblem = "missing-media"     // no media id where one is needed
	WrongPush       ReplyProblem = "wrong-push"        // a push that cannot be answered, or not so
	TooManyArticles ReplyProblem = "too-many-articles" // over MaxArticles
)

// ReplyError says why a Reply is refused. It holds no part of the reply.
type ReplyError struct {
	Problem ReplyProblem
	Field   string // of Reply, where one is to blame
	Msg     string
}

func (e *ReplyError) Error() string { return "reply: " + e.Msg }

// Validate finds what would be cut, left out or answered with the platform's fault line if r were the reply to p. It is nil for
// the zero Reply; every error is a *ReplyError. AppendReply needs no valid Reply: it shows what can be shown.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
func (r Reply) Validate(p *Push) error {
	if r.IsZero() {
		return nil
	}
	if p.FromUserName == "" {
		return &ReplyError{WrongPush, "", "the push has no sender who could be shown a reply"}
	}
	switch r.MsgType {
	case "text":
		return validText(r.Content)
	case "news":
		return validArticles(r.Articles, MaxArticles(p.IsEvent()))
	case "image", "voice", "video":
		if r.MediaID == "" {
			return &ReplyError{MissingMedia, "MediaID", r.MsgType + " without a media id"}
		}
	case "music":
		if r.Thumb == "" {
			return &ReplyError{MissingMedia, "Thumb", "music without the media id of a picture"}
		}
	case "transfer_customer_service":
	case "transfer_biz_ai_ivr":
		if p.IsEvent() {
			return &ReplyError{WrongPush, "MsgType", "only a fan's message can be handed over to WeChat's AI, no event"}
		}
	default:
		return &ReplyError{UnknownType, "MsgType", "there is no such type of reply"}
	}
	return nil
}

func validText(content string) error {
	switch content = clean(content); {
	case content == "":
		return &ReplyError{EmptyReply, "Content", "the text is empty"}
	case len(content) > MaxText:
		return &ReplyError{TextTooLong, "Content", "the text has more than 2048 bytes"}
	}
	return nil
}

func validArticles(articles []Article, most int) error {
	switch {
	case len(articles) == 0:
		return &ReplyError{EmptyReply, "Articles", "news without an article"}
	case len(articles) > most && most == 1:
		return &ReplyError{TooManyArticles, "Articles", "a fan's message is answered with one article"}
	case len(articles) > most:
		return &ReplyError{TooManyArticles, "Articles", "an event is answered with eight articles at most"}
	}
	return nil
}
