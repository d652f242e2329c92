package wechat_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
)

// FuzzXML holds that nothing makes Parse panic, that texts are always valid and free of control characters, and that a document
// that encoding/xml reads means the same to both, unless it holds one of the platform's traps.
func FuzzXML(f *testing.F) {
	seed(f, "testdata/push/*.xml")
	seedRefused(f)
	f.Add([]byte(push("<![CDATA[a\x01]]></Content><FromUserName>x</FromUserName><Content><![CDATA[]]>")))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := parseSafely(t, doc)
		std, ok := readStandard(doc)
		if !ok || std.trap(doc) {
			return
		}
		if err != nil {
			t.Fatalf("encoding/xml reads it, Parse does not: %v", err)
		}
		if diff := cmp.Diff(std.fields, p.Fields()); diff != "" {
			t.Errorf("fields (-encoding/xml +Parse)\n%s", diff)
		}
	})
}

// FuzzJSON holds the same of documents in JSON, for the values directly in the document.
func FuzzJSON(f *testing.F) {
	seed(f, "testdata/push/*.json")
	seedRefused(f)
	f.Add([]byte(`{"MsgType":"text","FromUserName":"a","FromUserName":"b","Content":"\ud83d\ude00\u0001\ud800","MsgId":9007199254740993}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := parseSafely(t, doc)
		if err != nil {
			return
		}
		std, ok := standardJSON(doc)
		if !ok {
			return
		}
		fields := p.Fields()
		for name, want := range std {
			if got := fields[name]; got != want {
				t.Errorf("%s = %q, encoding/json reads %q", name, got, want)
			}
		}
	})
}

// FuzzEnvelope holds that whatever comes from outside makes an Encrypt or a *ParseError.
func FuzzEnvelope(f *testing.F) {
	for _, doc := range []string{
		"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[abc+/=]]></Encrypt></xml>", `{"ToUserName":"gh_1","Encrypt":"abc+/="}`,
		"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", "<xml><Encrypt><a>b</a></Encrypt></xml>",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, encrypt, err := wechat.ParseEnvelope(doc)
		var parseError *wechat.ParseError
		if err == nil && encrypt == "" || err != nil && !errors.As(err, &parseError) {
			t.Fatalf("ParseEnvelope = %q, %v", encrypt, err)
		}
	})
}

func seed(f *testing.F, pattern string) {
	f.Helper()
	for _, file := range samples(f, pattern) {
		doc, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
}

func seedRefused(f *testing.F) {
	for _, tt := range refused {
		if len(tt.doc) < 1<<16 { // large ones make fuzzing slow
			f.Add([]byte(tt.doc))
		}
	}
}

// parseSafely checks what holds of every document.
func parseSafely(t *testing.T, doc []byte) (*wechat.Push, error) {
	t.Helper()
	before := bytes.Clone(doc)
	p, err := wechat.Parse(doc)
	if !bytes.Equal(before, doc) {
		t.Fatal("Parse changed the document")
	}
	if err != nil {
		var parseError *wechat.ParseError
		if p != nil || !errors.As(err, &parseError) {
			t.Fatalf("Parse = %v, %T", p, err)
		}
		return nil, err
	}
	if p.Key() == "" || p.Body == nil {
		t.Fatal("no key or no body")
	}
	_ = p.Name()
	for path, text := range p.Fields() {
		control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }
		if strings.ToValidUTF8(text, "") != text || strings.ContainsFunc(text, control) {
			t.Fatalf("%q is not clean: %q", path, text)
		}
	}
	return p, nil
}

// standard is a document as encoding/xml reads it.
type standard struct {
	fields  map[string]string
	unusual bool // it goes over a limit of Parse's, declares a type or has more than one root
}

func readStandard(doc []byte) (standard, bool) {
	std := standard{fields: map[string]string{}}
	type element struct {
		path, text string
		parent     bool
	}
	var open []element
	seen, roots, nodes := map[string]int{}, 0, 0
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return std, roots == 1
		}
		if err != nil {
			return std, false
		}
		switch tok := tok.(type) {
		case xml.Directive:
			std.unusual = true
		case xml.StartElement:
			name := element{path: tok.Name.Local}
			switch n := len(open); {
			case n == 0:
				roots++
				name.path = ""
			default:
				open[n-1].parent = true
				if n > 1 {
					name.path = open[n-1].path + "." + name.path
				}
			}
			open = append(open, name)
			if nodes++; nodes > 1000 || len(open) > 16 || len(tok.Name.Local)+len(tok.Name.Space) > 100 {
				std.unusual = true
			}
		case xml.CharData:
			if n := len(open); n > 0 {
				open[n-1].text += string(tok)
			} else if len(bytes.TrimSpace(tok)) > 0 {
				std.unusual = true
			}
		case xml.EndElement:
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if last.parent || len(open) == 0 {
				continue
			}
			path := last.path
			if seen[path]++; seen[path] > 1 {
				path += "#" + strconv.Itoa(seen[path])
			}
			if _, taken := std.fields[path]; !taken {
				std.fields[path] = last.text
			}
		}
	}
}

// trap reports whether the two must differ: a section that ends anywhere but before an end tag, or a fan's text that may.
func (std *standard) trap(doc []byte) bool {
	if std.unusual || len(doc) > 1<<20 || bytes.Count(doc, []byte("]]>")) != bytes.Count(doc, []byte("]]></")) {
		return true
	}
	for _, name := range []string{"Content", "Title", "Description", "Label", "Recognition"} {
		if bytes.Count(doc, []byte("]]></"+name+">")) > 1 {
			return true
		}
	}
	if _, err := strconv.ParseUint(strings.TrimSpace(std.fields["CreateTime"]), 10, 32); err != nil && std.fields["CreateTime"] != "" {
		return true
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(doc, []byte("\ufeff")), " \t\r\n")
	return !bytes.HasPrefix(start, []byte("<"))
}

// standardJSON gives the texts and numbers directly in an object as encoding/json reads them, where no name stands there twice
// and nothing in them is cleaned.
func standardJSON(doc []byte) (map[string]string, bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(doc, &all) != nil || !json.Valid(doc) || !bytes.Equal(bytes.ToValidUTF8(doc, nil), doc) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	names := 0
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if depth == 1 {
				names++
			}
		}
	}
	out := map[string]string{}
	scalars := 0
	for name, raw := range all {
		var text string
		var number json.Number
		switch {
		case strings.ContainsAny(name, ".#"):
			return nil, false
		case raw[0] == '{' || raw[0] == '[':
			names++ // its name is there, its value is not
		case json.Unmarshal(raw, &text) == nil:
			if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF }) {
				out[name] = text
			}
		case json.Unmarshal(raw, &number) == nil:
			out[name] = number.String()
		}
		scalars += 2
	}
	return out, names == scalars // not where a name stands there twice
}
