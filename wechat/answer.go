package wechat

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Success is the answer by which WeChat takes a push as handled and shows the fan nothing.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
const Success = "success"

// AppendReply appends to dst the answer that shows r to the fan who sent p: XML, or JSON where the push came as JSON; now is
// its CreateTime. Where there is nothing or nobody to show it to (the zero Reply, an empty text, an image without a media id) it is
// Success, because the platform shows the fan a fault line for an empty reply. Text over MaxText is cut, articles over
// MaxArticles are dropped, control bytes are taken out; nothing in a reply can break out of its element.
func AppendReply(dst []byte, p *Push, r Reply, now time.Time) []byte {
	r = fit(p, r)
	if !showable(r) || p.FromUserName == "" {
		return append(dst, Success...)
	}
	if pushIsJSON(p.Raw) {
		return appendJSON(dst, p, r, now)
	}
	return appendXML(dst, p, r, now)
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

func fit(p *Push, r Reply) Reply {
	r.Content, _ = SplitText(clean(r.Content))
	if most := MaxArticles(strings.EqualFold(p.MsgType, "event")); len(r.Articles) > most {
		r.Articles = r.Articles[:most]
	}
	return r
}

func showable(r Reply) bool {
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

func appendXML(dst []byte, p *Push, r Reply, now time.Time) []byte {
	dst = append(dst, "<xml>"...)
	dst = appendText(dst, "ToUserName", p.FromUserName)
	dst = appendText(dst, "FromUserName", p.ToUserName)
	dst = appendNumber(dst, "CreateTime", now.Unix())
	dst = appendText(dst, "MsgType", r.MsgType)
	switch r.MsgType {
	case "text":
		dst = appendText(dst, "Content", r.Content)
	case "news":
		dst = appendArticles(dst, r.Articles)
	case "image":
		dst = appendGroup(dst, "Image", [][2]string{{"MediaId", r.MediaID}})
	case "voice":
		dst = appendGroup(dst, "Voice", [][2]string{{"MediaId", r.MediaID}})
	case "video":
		dst = appendGroup(dst, "Video", [][2]string{{"MediaId", r.MediaID}, {"Title", r.Title}, {"Description", r.Desc}})
	case "music":
		dst = appendGroup(dst, "Music", [][2]string{
			{"Title", r.Title}, {"Description", r.Desc}, {"MusicUrl", r.MusicURL}, {"HQMusicUrl", r.HQMusic}, {"ThumbMediaId", r.Thumb},
		})
	case "transfer_customer_service":
		dst = appendGroup(dst, "TransInfo", [][2]string{{"KfAccount", r.KfAccount}})
	}
	return append(dst, "</xml>"...)
}

func appendArticles(dst []byte, articles []Article) []byte {
	dst = appendNumber(dst, "ArticleCount", int64(len(articles)))
	dst = append(dst, "<Articles>"...)
	for _, a := range articles {
		dst = append(dst, "<item>"...)
		dst = appendText(dst, "Title", a.Title)
		dst = appendText(dst, "Description", a.Description)
		dst = appendText(dst, "PicUrl", a.PicURL)
		dst = appendText(dst, "Url", a.URL)
		dst = append(dst, "</item>"...)
	}
	return append(dst, "</Articles>"...)
}

// appendGroup writes the members that are not empty, and nothing at all where all are.
func appendGroup(dst []byte, name string, members [][2]string) []byte {
	start := len(dst)
	dst = append(append(append(dst, '<'), name...), '>')
	inner := len(dst)
	for _, m := range members {
		if m[1] != "" {
			dst = appendText(dst, m[0], m[1])
		}
	}
	if len(dst) == inner {
		return dst[:start]
	}
	return append(append(append(dst, "</"...), name...), '>')
}

func appendNumber(dst []byte, name string, n int64) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	dst = strconv.AppendInt(dst, n, 10)
	return append(append(append(dst, "</"...), name...), '>')
}

// appendText writes one element of text. "]]>" in it is spread over two CDATA sections, which any XML parser joins again.
func appendText(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, '<'), name...), "><![CDATA["...)
	dst = append(dst, strings.ReplaceAll(clean(text), "]]>", "]]]]><![CDATA[>")...)
	return append(append(append(dst, "]]></"...), name...), '>')
}

// replyJSON is the reply of an account whose owner chose JSON. The platform documents its names only by saying that replies
// take the format of the push; these mirror the XML.
type replyJSON struct {
	ToUserName   string
	FromUserName string
	CreateTime   int64
	MsgType      string
	Content      string            `json:",omitempty"`
	ArticleCount int               `json:",omitempty"`
	Articles     []articleJSON     `json:",omitempty"`
	Image        map[string]string `json:",omitempty"`
	Voice        map[string]string `json:",omitempty"`
	Video        map[string]string `json:",omitempty"`
	Music        map[string]string `json:",omitempty"`
	TransInfo    map[string]string `json:",omitempty"`
}

type articleJSON struct {
	Title       string
	Description string
	PicURL      string `json:"PicUrl"`
	URL         string `json:"Url"`
}

func appendJSON(dst []byte, p *Push, r Reply, now time.Time) []byte {
	out := replyJSON{ToUserName: p.FromUserName, FromUserName: p.ToUserName, CreateTime: now.Unix(), MsgType: r.MsgType}
	switch r.MsgType {
	case "text":
		out.Content = r.Content
	case "news":
		out.ArticleCount = len(r.Articles)
		for _, a := range r.Articles {
			out.Articles = append(out.Articles, articleJSON(a))
		}
	case "image":
		out.Image = present("MediaId", r.MediaID)
	case "voice":
		out.Voice = present("MediaId", r.MediaID)
	case "video":
		out.Video = present("MediaId", r.MediaID, "Title", r.Title, "Description", r.Desc)
	case "music":
		out.Music = present("Title", r.Title, "Description", r.Desc, "MusicUrl", r.MusicURL, "HQMusicUrl", r.HQMusic, "ThumbMediaId", r.Thumb)
	case "transfer_customer_service":
		out.TransInfo = present("KfAccount", r.KfAccount)
	}
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false) // links are shown as they are written
	if err := enc.Encode(out); err != nil {
		return append(dst, Success...) // not for strings and numbers
	}
	return append(dst, bytes.TrimRight(doc.Bytes(), "\n")...)
}

// present is the object of those names whose value is not empty.
func present(namesAndValues ...string) map[string]string {
	out := make(map[string]string)
	for i := 0; i < len(namesAndValues); i += 2 {
		if namesAndValues[i+1] != "" {
			out[namesAndValues[i]] = namesAndValues[i+1]
		}
	}
	return out
}
