package simulator

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fanflow/wechat/crypt"
)

// letter is one delivery of a push: the query of its URL and its body.
type letter struct {
	query string
	body  []byte
}

// wrap makes a delivery of the push in the account's mode and format. Parameters stand in the order of the platform's own
// traffic: signature, timestamp, nonce, openid, encrypt_type, msg_signature.
// Source: developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html
func (a *account) wrap(p push, now time.Time) letter {
	timestamp, nonce := strconv.FormatInt(now.Unix(), 10), newNonce()
	query := "signature=" + crypt.Signature(a.Token, timestamp, nonce) + "&timestamp=" + timestamp + "&nonce=" + nonce +
		"&openid=" + url.QueryEscape(p.openID)
	if a.mode == modePlain {
		return letter{query, p.doc}
	}
	sealed, err := a.key.Seal(p.doc, a.AppID)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err)) // the system has no random numbers
	}
	query += "&encrypt_type=aes&msg_signature=" + crypt.Signature(a.Token, timestamp, nonce, sealed)
	return letter{query, a.enclose(p.doc, sealed)}
}

func (a *account) json() bool { return a.Format == formatJSON }

// enclose puts the sealed document beside the clear one (compatible) or in its place (safe).
func (a *account) enclose(doc []byte, sealed string) []byte {
	clear := doc[:len(doc):len(doc)]
	switch {
	case a.json() && a.mode == modeCompatible:
		return append(bytes.TrimSuffix(clear, []byte("}")), `,"Encrypt":"`+sealed+`"}`...)
	case a.json():
		return []byte(`{"ToUserName":"` + a.original + `","Encrypt":"` + sealed + `"}`)
	case a.mode == modeCompatible:
		return append(bytes.TrimSuffix(clear, []byte("</xml>")), "<Encrypt><![CDATA["+sealed+"]]></Encrypt></xml>"...)
	default:
		return []byte("<xml><ToUserName><![CDATA[" + a.original + "]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>")
	}
}

// contentType is that of a push.
func (a *account) contentType() string {
	if a.json() {
		return "application/json"
	}
	return "text/xml"
}

// newNonce is a decimal number of up to ten digits, as the platform's are.
func newNonce() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(uint64(b[0])<<24|uint64(b[1])<<16|uint64(b[2])<<8|uint64(b[3]), 10)
}

// parse reads an answer in the account's format. It is the same tree for both: a member of a JSON object is a child, an array a
// child repeated. Articles may be an array, or an object with item, since no page shows a JSON reply of articles.
func (a *account) parse(body []byte) (*node, error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	isJSON := len(trimmed) > 0 && trimmed[0] == '{'
	switch {
	case !a.json():
		return parseReply(body)
	case !isJSON:
		return nil, fmt.Errorf("the answer is neither success nor JSON, which is the account's format: it begins %s", strconv.Quote(cut(string(body), 60)))
	}
	root := &node{name: "xml"}
	if err := root.fill(trimmed, 1); err != nil {
		return nil, fmt.Errorf("the answer is neither success nor a JSON object: %w: it begins %s", err, strconv.Quote(cut(string(body), 60)))
	}
	return root, nil
}

// fill adds the members of an object.
func (n *node) fill(object json.RawMessage, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested too deeply")
	}
	if !json.Valid(object) {
		return fmt.Errorf("broken JSON")
	}
	names, values, err := membersOf(object)
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := n.add(name, values[i], depth); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) add(name string, value json.RawMessage, depth int) error {
	value = bytes.TrimSpace(value)
	if value[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return err
		}
		holder, each := n, name
		if name == "Articles" {
			holder, each = &node{name: name}, "item"
			n.children = append(n.children, holder)
		}
		for _, v := range list {
			if err := holder.add(each, v, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	child := &node{name: name}
	n.children = append(n.children, child)
	if value[0] == '{' {
		return child.fill(value, depth+1)
	}
	if child.content = textOf(value); value[0] != '"' {
		child.content = strings.TrimSpace(string(value))
	}
	return nil
}
