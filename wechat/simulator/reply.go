package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"fanflow/wechat/crypt"
)

// readAnswer judges the answer to a push: nothing to show (nil, nil), a reply, or an error that says what was wrong with it.
func (s *Server) readAnswer(a *account, p push, body []byte) (*Item, error) {
	if len(body) == 0 || string(body) == "success" {
		return nil, nil
	}
	root, err := a.parse(body)
	if err != nil {
		return nil, err
	}
	sealed := root.child("Encrypt") != nil
	switch {
	case sealed && a.mode == modePlain:
		return nil, errors.New("the reply is encrypted, the account is in plain mode")
	case !sealed && a.mode == modeSafe:
		return nil, errors.New("the reply is not encrypted, the account is in safe mode")
	case sealed:
		if root, err = a.open(root); err != nil {
			return nil, err
		}
	}
	return s.readReply(a, p, root)
}

// open checks and opens the envelope of an encrypted reply.
func (a *account) open(root *node) (*node, error) {
	sealed, timestamp, nonce := root.text("Encrypt"), root.text("TimeStamp"), root.text("Nonce")
	if _, err := strconv.ParseInt(timestamp, 10, 64); err != nil {
		return nil, fmt.Errorf("the reply's TimeStamp %q is no number", cut(timestamp, 20))
	}
	if nonce == "" {
		return nil, errors.New("the reply has no Nonce")
	}
	if !crypt.Verify(root.text("MsgSignature"), a.Token, timestamp, nonce, sealed) {
		return nil, errors.New("the reply's MsgSignature is wrong")
	}
	plain, err := a.key.Open(sealed, a.AppID)
	if err != nil {
		return nil, fmt.Errorf("the reply's Encrypt: %w", err)
	}
	return a.parse(plain)
}

// readReply checks a plain reply and makes what the fan sees of it.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
func (s *Server) readReply(a *account, p push, root *node) (*Item, error) {
	for _, name := range []string{"ToUserName", "FromUserName", "CreateTime", "MsgType"} {
		if n := root.count(name); n != 1 {
			return nil, fmt.Errorf("the reply has %d times %s, it must have one", n, name)
		}
	}
	if to := root.text("ToUserName"); to != p.openID {
		return nil, fmt.Errorf("the reply's ToUserName is %q, it must be the fan's OpenID", cut(to, 40))
	}
	if from := root.text("FromUserName"); from != a.original {
		return nil, fmt.Errorf("the reply's FromUserName is %q, it must be the account's original id", cut(from, 40))
	}
	created := root.text("CreateTime")
	if n, err := strconv.ParseInt(created, 10, 64); err != nil || n < 1_000_000_000 || s.cfg.Switches.SecondsOnly && n > 9_999_999_999 {
		return nil, fmt.Errorf("the reply's CreateTime %q is no time in seconds", cut(created, 20))
	}
	item := &Item{Kind: kindPassive, MsgType: root.text("MsgType")}
	switch item.MsgType {
	case "text":
		item.Content = root.text("Content")
		if item.Content == "" {
			return nil, errors.New("the reply's Content is empty")
		}
		if len(item.Content) > maxText {
			return nil, fmt.Errorf("the reply's Content has %d bytes, at most %d are shown", len(item.Content), maxText)
		}
		return item, nil
	case "image", "voice", "video":
		return item, errors.Join(item.fillMedia(root), s.uploaded(a, item.MediaID, item.MsgType))
	case "music":
		return item, errors.Join(item.fillMusic(root), s.uploaded(a, item.MediaID, mediaThumb))
	case "news":
		return item, s.fillNewsReply(item, p, root)
	case "transfer_customer_service":
		s.transfer(a, p, root.child("TransInfo"))
		return nil, nil // an agent takes over: nothing is shown
	case "transfer_biz_ai_ivr":
		if p.event {
			return nil, errors.New("only a fan's message can be handed over to AI replies")
		}
		return nil, nil // the platform's own replies are not played
	default:
		return nil, fmt.Errorf("the reply's MsgType %q is unknown", cut(item.MsgType, 40))
	}
}

// transfer begins a session with an agent. Only messages are handed over, events are not.
// Source: developers.weixin.qq.com/doc/service/guide/product/kf/forwarding.html
func (s *Server) transfer(a *account, p push, info *node) {
	if p.event || p.silent {
		return
	}
	agent := ""
	if info != nil {
		agent = info.text("KfAccount")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.openSession(a, p.openID, agent, s.Now())
}

// uploaded says whether a media id stands for something of the kind. Media of replies have to be uploaded first.
func (s *Server) uploaded(a *account, id, kind string) error {
	if id == "" || s.cfg.Switches.AnyMedia {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.mediaKnown(id, kind) {
		return fmt.Errorf("the reply's media id %q stands for no %s of the account", cut(id, 70), kind)
	}
	return nil
}

// fillMedia reads Image, Voice or Video.
func (item *Item) fillMedia(root *node) error {
	name := strings.ToUpper(item.MsgType[:1]) + item.MsgType[1:]
	media := root.child(name)
	if media == nil || media.text("MediaId") == "" {
		return fmt.Errorf("the reply has no %s with a MediaId", name)
	}
	item.MediaID, item.Title, item.Description = media.text("MediaId"), media.text("Title"), media.text("Description")
	return nil
}

func (item *Item) fillMusic(root *node) error {
	m := root.child("Music")
	if m == nil || m.text("ThumbMediaId") == "" {
		return errors.New("the reply has no Music with a ThumbMediaId")
	}
	item.Title, item.Description, item.MediaID = m.text("Title"), m.text("Description"), m.text("ThumbMediaId")
	item.MusicURL, item.HQMusicURL = m.text("MusicUrl"), m.text("HQMusicUrl")
	return nil
}

// fillNewsReply reads the articles: one to a fan's message, up to eight to an event.
func (s *Server) fillNewsReply(item *Item, p push, root *node) error {
	articles := root.child("Articles")
	if articles == nil || articles.count("item") == 0 {
		return errors.New("the reply has no Articles")
	}
	for _, c := range articles.children {
		if c.name == "item" {
			item.Articles = append(item.Articles, Article{Title: c.text("Title"), Description: c.text("Description"), PicURL: c.text("PicUrl"), URL: c.text("Url")})
		}
	}
	if n, err := strconv.Atoi(root.text("ArticleCount")); err != nil || n != len(item.Articles) {
		return fmt.Errorf("the reply's ArticleCount is %q, it has %d articles", cut(root.text("ArticleCount"), 20), len(item.Articles))
	}
	most := 1
	if p.event {
		most = 8
	}
	if len(item.Articles) <= most {
		return nil
	}
	if !s.cfg.Switches.ExtraArticlesDropped {
		return fmt.Errorf("the reply has %d articles, here at most %d are shown", len(item.Articles), most)
	}
	item.Articles = item.Articles[:most]
	return nil
}

// node is one element of a reply.
type node struct {
	name     string
	content  string // the text directly in it
	children []*node
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// text is the content of the first child of that name, without the white space around it for all but Content.
func (n *node) text(name string) string {
	c := n.child(name)
	switch {
	case c == nil:
		return ""
	case name == "Content":
		return c.content
	default:
		return strings.TrimSpace(c.content)
	}
}

func (n *node) count(name string) int {
	count := 0
	for _, c := range n.children {
		if c.name == name {
			count++
		}
	}
	return count
}

// maxDepth is deeper than any reply is.
const maxDepth = 8

// parseReply reads a reply's XML, more strictly than it is read on the way in: one root named xml, nothing behind it, no
// DOCTYPE, no processing instruction but the declaration.
func parseReply(body []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	outer := &node{}
	stack := []*node{outer}
	for {
		t, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the answer is neither success nor XML: %s begins %s", err, strconv.Quote(cut(string(body), 60)))
		}
		top := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local}
			top.children = append(top.children, n)
			if stack = append(stack, n); len(stack) > maxDepth {
				return nil, errors.New("the reply's elements are nested too deeply")
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.content += string(t)
		case xml.Directive:
			return nil, errors.New("the reply holds a DOCTYPE")
		}
	}
	if len(outer.children) != 1 || outer.children[0].name != "xml" || strings.TrimSpace(outer.content) != "" {
		return nil, fmt.Errorf("the answer is neither success nor one element named xml: it begins %s", strconv.Quote(cut(string(body), 60)))
	}
	return outer.children[0], nil
}
