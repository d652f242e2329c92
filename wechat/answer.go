package wechat

import (
	"strconv"
	"strings"
	"time"
)

// Success is the answer by which WeChat takes a push as handled and shows the fan nothing.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
const Success = "success"

// AppendReply appends to dst the answer that shows r to the fan who sent p: XML, or JSON where the push came as JSON; now is
// its CreateTime. Where there is nothing or nobody to show it to (the zero Reply, an empty text, an image without a media id) it is
// Success, because the platform shows the fan a fault line for an empty reply. Text over MaxText is cut, articles over
// MaxArticles are dropped, control bytes are taken out; nothing in a reply can break out of its element. Reply.Validate tells
// beforehand. It allocates nothing where dst has room and the texts are clean.
func AppendReply(dst []byte, p *Push, r Reply, now time.Time) []byte {
	r.Content, _ = SplitText(clean(r.Content))
	if most := MaxArticles(p.IsEvent()); len(r.Articles) > most {
		r.Articles = r.Articles[:most]
	}
	if !showable(p, &r) {
		return append(dst, Success...)
	}
	w := writer{dst: dst, json: pushIsJSON(p.Raw)}
	w.reply(p, &r, now)
	return w.dst
}

func showable(p *Push, r *Reply) bool {
	if p.FromUserName == "" {
		return false
	}
	switch r.MsgType {
	case "text":
		return r.Content != ""
	case "news":
		return len(r.Articles) > 0
	case "image", "voice", "video":
		return r.MediaID != ""
	case "music":
		return r.Thumb != ""
	case "transfer_customer_service":
		return true
	case "transfer_biz_ai_ivr":
		return !p.IsEvent()
	}
	return false
}

// clean takes out what XML cannot hold: control characters, surrogates, U+FFFE and U+FFFF.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r // bytes that are no UTF-8 come as U+FFFD and are written as such
	}, s)
}

// writer writes a reply as XML or as JSON. The platform documents the JSON form only by saying that replies take the format of the
// push; its names mirror the XML.
type writer struct {
	dst  []byte
	json bool
}

func (w *writer) reply(p *Push, r *Reply, now time.Time) {
	w.open("xml")
	w.text("ToUserName", p.FromUserName)
	w.text("FromUserName", p.ToUserName)
	w.number("CreateTime", now.Unix())
	w.text("MsgType", r.MsgType)
	switch r.MsgType {
	case "text":
		w.text("Content", r.Content)
	case "news":
		w.articles(r.Articles)
	case "image":
		w.open("Image")
		w.text("MediaId", r.MediaID)
		w.close("Image")
	case "voice":
		w.open("Voice")
		w.text("MediaId", r.MediaID)
		w.close("Voice")
	case "video":
		w.open("Video")
		w.text("MediaId", r.MediaID)
		w.given("Title", r.Title)
		w.given("Description", r.Desc)
		w.close("Video")
	case "music":
		w.open("Music")
		w.given("Title", r.Title)
		w.given("Description", r.Desc)
		w.given("MusicUrl", r.MusicURL)
		w.given("HQMusicUrl", r.HQMusic)
		w.text("ThumbMediaId", r.Thumb)
		w.close("Music")
	case "transfer_customer_service":
		if r.KfAccount != "" {
			w.open("TransInfo")
			w.text("KfAccount", r.KfAccount)
			w.close("TransInfo")
		}
	}
	w.close("xml")
}

func (w *writer) articles(articles []Article) {
	w.number("ArticleCount", int64(len(articles)))
	w.open("Articles")
	if w.json {
		w.dst[len(w.dst)-1] = '[' // a list of objects without names
	}
	for i := range articles {
		w.open("item")
		w.text("Title", articles[i].Title)
		w.text("Description", articles[i].Description)
		w.text("PicUrl", articles[i].PicURL)
		w.text("Url", articles[i].URL)
		w.close("item")
	}
	w.close("Articles")
	if w.json {
		w.dst[len(w.dst)-1] = ']'
	}
}

// open begins an element or object. The outermost one and the items of a list have no name in JSON.
func (w *writer) open(name string) {
	if !w.json {
		w.dst = append(append(append(w.dst, '<'), name...), '>')
		return
	}
	switch name {
	case "xml":
	case "item":
		w.comma()
	default:
		w.name(name)
	}
	w.dst = append(w.dst, '{')
}

func (w *writer) close(name string) {
	if w.json {
		w.dst = append(w.dst, '}')
		return
	}
	w.dst = append(append(append(w.dst, "</"...), name...), '>')
}

// comma separates a member or an item from the one before it.
func (w *writer) comma() {
	if n := len(w.dst); n > 0 && (w.dst[n-1] == '"' || w.dst[n-1] == '}' || w.dst[n-1] >= '0' && w.dst[n-1] <= '9') {
		w.dst = append(w.dst, ',')
	}
}

func (w *writer) name(name string) {
	w.comma()
	w.dst = append(append(append(w.dst, '"'), name...), `":`...)
}

func (w *writer) number(name string, n int64) {
	if w.json {
		w.name(name)
		w.dst = strconv.AppendInt(w.dst, n, 10)
		return
	}
	w.open(name)
	w.dst = strconv.AppendInt(w.dst, n, 10)
	w.close(name)
}

// given writes a text that is not empty.
func (w *writer) given(name, text string) {
	if text != "" {
		w.text(name, text)
	}
}

func (w *writer) text(name, text string) {
	text = clean(text)
	if w.json {
		w.name(name)
		w.dst = appendJSONString(w.dst, text)
		return
	}
	w.open(name)
	w.dst = append(w.dst, cdataStart...)
	for { // "]]>" is spread over two sections, which any XML parser joins again
		n := strings.Index(text, cdataEnd)
		if n < 0 {
			break
		}
		w.dst = append(append(w.dst, text[:n]...), "]]]]><![CDATA[>"...)
		text = text[n+len(cdataEnd):]
	}
	w.dst = append(append(w.dst, text...), cdataEnd...)
	w.close(name)
}

// appendJSONString quotes a clean text. Nothing but what JSON demands is escaped: links are shown as they are written.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
