package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fanflow/wechat/crypt"
)

// account is what a push needs to know of the account that it is made for.
type account struct {
	URL   string // of the callback
	Token string
	AppID string
	Safe  bool // encrypt under Key, both ways
	Key   crypt.Key
}

// push is one request, rendered before the clock starts.
type push struct {
	fan  int
	wire []byte // the whole HTTP/1.1 request
}

// original is the account's id in messages.
const original = "gh_bench"

// openID is the fan of a number: 28 characters, as long as the platform's.
func openID(prefix string, fan int) string {
	return fmt.Sprintf("%s%0*d", prefix, 28-len(prefix), fan)
}

// renderer makes pushes that no server has seen before: their MsgIds go up from a random start.
type renderer struct {
	account account
	host    string
	target  string
	prefix  string // of the OpenIDs
	say     string
	now     time.Time
	msgID   uint64
	nonce   string
}

func newRenderer(a account, prefix, say string) (*renderer, error) {
	u, err := url.Parse(a.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("-url %q is not the address of a callback", a.URL)
	}
	if len(prefix) > 20 {
		return nil, fmt.Errorf("-prefix %q is longer than 20 characters", prefix)
	}
	var random [8]byte
	rand.Read(random[:]) // never fails
	seed := binary.BigEndian.Uint64(random[:])
	return &renderer{
		account: a, host: u.Host, target: u.EscapedPath(), prefix: prefix, say: say, now: time.Now(),
		msgID: seed >> 1, nonce: strconv.FormatUint(seed>>32, 10),
	}, nil
}

// render makes the next push of a fan, signed and, in safe mode, sealed, as the platform sends it. It was created so long after
// the renderer was made.
func (r *renderer) render(fan int, after time.Duration) (push, error) {
	r.msgID++
	from := openID(r.prefix, fan)
	doc := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>%d</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n<MsgId>%d</MsgId>\n</xml>",
		original, from, r.now.Add(after).Unix(), r.say, r.msgID)
	stamp := strconv.FormatInt(r.now.Unix(), 10)
	query := "signature=" + crypt.Signature(r.account.Token, stamp, r.nonce) + "&timestamp=" + stamp + "&nonce=" + r.nonce + "&openid=" + from
	if r.account.Safe {
		sealed, err := r.account.Key.Seal([]byte(doc), r.account.AppID)
		if err != nil {
			return push{}, fmt.Errorf("seal a push: %w", err)
		}
		query += "&encrypt_type=aes&msg_signature=" + crypt.Signature(r.account.Token, stamp, r.nonce, sealed)
		doc = "<xml><ToUserName><![CDATA[" + original + "]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	}
	wire := fmt.Appendf(nil, "POST %s?%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
		r.target, query, r.host, len(doc), doc)
	return push{fan: fan, wire: wire}, nil
}

// element gives the text of the first element of that name in a flat document, without its CDATA marks.
func element(doc, name string) string {
	_, rest, ok := strings.Cut(doc, "<"+name+">")
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, "</"+name+">")
	if inner, ok := strings.CutPrefix(text, "<![CDATA["); ok {
		return strings.TrimSuffix(inner, "]]>")
	}
	return text
}
