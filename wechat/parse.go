package wechat

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What the platform sends stays far below these; they bound what a document can cost.
const (
	maxDocument = 1 << 20 // bytes
	maxDepth    = 16      // elements around each other, with the root
	maxNodes    = 2000
	maxName     = 128 // bytes of one element's name
)

// ParseError says why a document is no push. It never holds a part of the document.
type ParseError struct {
	Offset int // of the byte where reading stopped, after the document was made readable; 0 for the whole
	Msg    string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("push document, byte %d: %s", e.Offset, e.Msg)
}

// Parse reads one push that is not encrypted (or no longer is), XML or JSON, told apart by its first byte. Every message and
// event is taken: one of a type that has no body of its own, or whose figures cannot be read, has a *Generic one. Types, events
// and their bodies are found whatever the case of their names.
//
// The only error is *ParseError: for a document over 1 MiB, one that cannot be read, one with a document type declaration, or
// one whose CreateTime is no number of seconds from 1970 to 2106, as which milliseconds would be of the year 55,000. What users
// paste does not make a document unreadable: control characters are left out, bytes that are no UTF-8 become U+FFFD, "]]>" may stand in a text. Of a header field that occurs twice the first
// counts, so that what a fan wrote cannot overwrite the sender.
//
// The Push keeps doc as Raw; the caller must not change it afterwards.
func Parse(doc []byte) (*Push, error) {
	var space room
	d, err := read(doc, space[:0])
	if err != nil {
		return nil, err
	}
	p := &Push{Raw: doc}
	if err := p.readHeader(&d); err != nil {
		return nil, err
	}
	p.Body = body(p, &d)
	return p, nil
}

// ParseEnvelope reads the outer document of an encrypted push: ToUserName and Encrypt. What else stands in it (compatible
// mode repeats the clear fields) is nobody's word and is left out. The error is *ParseError, also where Encrypt is missing.
func ParseEnvelope(doc []byte) (toUser, encrypt string, err error) {
	var space room
	d, err := read(doc, space[:0])
	if err != nil {
		return "", "", err
	}
	encrypt = d.word(root, "Encrypt")
	if encrypt == "" {
		return "", "", &ParseError{Msg: "there is no Encrypt in it"}
	}
	return d.word(root, "ToUserName"), encrypt, nil
}

// read makes a document a tree, in space where it is a plain one. The plain documents that the platform writes are scanned;
// anything else that is XML is made readable first and then read by encoding/xml.
func read(doc []byte, space []node) (document, error) {
	if len(doc) > maxDocument {
		return document{}, &ParseError{Msg: "it is larger than 1 MiB"}
	}
	s := string(doc)
	clean := isClean(doc)
	if !clean {
		s = sanitize(s)
	}
	s = strings.TrimPrefix(s, "\ufeff")
	s = s[skipSpace(s, 0):]
	switch {
	case isJSON(s):
		return readJSON(s)
	case !strings.HasPrefix(s, "<"):
		return document{}, &ParseError{Msg: "it is neither XML nor JSON"}
	}
	if clean {
		if nodes, ok := scan(s, space); ok {
			return document{nodes}, nil
		}
	}
	return readXML(s)
}

// isJSON looks at the first byte that means something.
func isJSON[T string | []byte](doc T) bool { return len(doc) > 0 && doc[0] == '{' }

// pushIsJSON looks at a document as it was pushed.
func pushIsJSON(raw []byte) bool { return isJSON(bytes.TrimLeft(raw, "\ufeff \t\r\n")) }

// The header fields, by their place in what readHeader collects.
const (
	toUserName = iota
	fromUserName
	createTime
	msgType
	event
	eventKey
	msgID    // MsgId: of messages
	jobMsgID // MsgID: of the events of template and mass sends
	msgDataID
	idx
	headers
)

// headerOf gives the place of a field that the Push itself carries; -1 for any other.
func headerOf(name string) int {
	switch name {
	case "ToUserName":
		return toUserName
	case "FromUserName":
		return fromUserName
	case "CreateTime":
		return createTime
	case "MsgType":
		return msgType
	case "Event":
		return event
	case "EventKey":
		return eventKey
	case "MsgId":
		return msgID
	case "MsgID":
		return jobMsgID
	case "MsgDataId":
		return msgDataID
	case "Idx":
		return idx
	}
	return -1
}

func (p *Push) readHeader(d *document) (err error) {
	var values [headers]string
	var seen [headers]bool
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.parent != root {
			continue
		}
		if h := headerOf(n.name); h >= 0 && !seen[h] {
			seen[h], values[h] = true, n.value
		}
	}
	p.EventKey = values[eventKey]
	p.ToUserName, p.FromUserName = trim(values[toUserName]), trim(values[fromUserName])
	p.MsgType, p.Event = trim(values[msgType]), trim(values[event])
	p.MsgID, p.MsgDataID = trim(values[msgID]), trim(values[msgDataID])
	if p.MsgID == "" {
		p.MsgID = trim(values[jobMsgID])
	}
	p.Idx = int(whole(values[idx]))
	if created := trim(values[createTime]); created != "" {
		seconds, err := strconv.ParseUint(created, 10, 32)
		if err != nil {
			return &ParseError{Msg: "CreateTime is no number of seconds from 1970 to 2106"}
		}
		p.CreateTime = int64(seconds)
	}
	return nil
}

// body is what the type adds; *Generic where there is no type for it.
func body(p *Push, d *document) Body {
	var buf [32]byte
	switch lower := appendLower(buf[:0], p.MsgType); string(lower) {
	case "event":
		if b := eventBody(p, d); b != nil {
			return b
		}
	default:
		if b := messageBody(lower, d); b != nil {
			return b
		}
	}
	return &Generic{Fields: d.fields(func(path string) bool { return headerOf(path) < 0 })}
}

// appendLower appends s with its letters A to Z in lower case. The names of the platform have no others.
func appendLower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// trim is strings.TrimSpace, which is seldom needed: some samples of the platform break lines inside an element.
func trim(s string) string {
	if s == "" || s[0]-'!' < 0x5e && s[len(s)-1]-'!' < 0x5e {
		return s
	}
	return strings.TrimSpace(s)
}

// whole reads a whole number; 0 where it is missing or none.
func whole(s string) int64 {
	if s = trim(s); s == "" {
		return 0
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func degrees(s string) (float64, bool) {
	f, err := strconv.ParseFloat(trim(s), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}
