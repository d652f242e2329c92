package wechat_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
)

var update = flag.Bool("update", false, "write the golden files")

// golden is a Push as the golden files show it. The key stands there too: receipts are stored under it.
type golden struct {
	ToUserName, FromUserName string
	CreateTime               int64
	MsgType, Event, EventKey string `json:",omitempty"`
	MsgID, Name, Key, Type   string
	Body                     wechat.Body
}

func TestParseGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/push/*.*ml")
	if err != nil {
		t.Fatal(err)
	}
	jsons, err := filepath.Glob("testdata/push/*.json")
	if err != nil || len(files) == 0 || len(jsons) == 0 {
		t.Fatal("no pushes in testdata/push", err)
	}
	for _, file := range append(files, jsons...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := wechat.Parse(doc)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Raw, doc) {
				t.Error("Raw is not the document")
			}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(golden{
				p.ToUserName, p.FromUserName, p.CreateTime, p.MsgType, p.Event, p.EventKey,
				p.MsgID, p.Name(), p.Key(), strings.TrimPrefix(fmt.Sprintf("%T", p.Body), "*wechat."), p.Body,
			}); err != nil {
				t.Fatal(err)
			}
			want := file + ".golden"
			if *update {
				if err := os.WriteFile(want, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wanted, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(wanted), got.String()); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got)\n%s", diff)
			}
		})
	}
}

// push is a text message whose Content element is given as it stands on the wire.
func push(content string) string {
	return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oFAN]]></FromUserName>" +
		"<CreateTime>1700000001</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>" + content +
		"</Content><MsgId>77</MsgId></xml>"
}

func TestParseText(t *testing.T) {
	cdata := func(s string) string { return "<![CDATA[" + s + "]]>" }
	for _, tt := range []struct{ name, content, want string }{
		{"empty", "", ""},
		{"empty section", cdata(""), ""},
		{"control bytes", cdata("a\x00b\x01c\x1fd\x08"), "abcd"},
		{"tab and line feed", cdata("a\tb\nc"), "a\tb\nc"},
		{"other line ends", cdata("a\r\nb\rc"), "a\nb\nc"},
		{"invalid UTF-8", cdata("a\xff\xfe好\xe5\xa5"), "a\ufffd好\ufffd"},
		{"end of section inside", cdata("a]]>b"), "a]]>b"},
		{"ends with end of section", cdata("a]]>"), "a]]>"},
		{"brackets", cdata("a]]]]"), "a]]]]"},
		{"pasted XML", cdata("<a><![CDATA[x]]></a></status>"), "<a><![CDATA[x]]></a></status>"},
		{"its own end", cdata("x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y"), "x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y"},
		{"end of the document", cdata("x]]></Content></xml>"), "x]]></Content></xml>"},
		{"document type", cdata("<!DOCTYPE html><!ENTITY a>&a;"), "<!DOCTYPE html><!ENTITY a>&a;"},
		{"properly split section", cdata("a]]]]><![CDATA[>b"), "a]]>b"},
		{"bare text", "a&lt;b&#65;&#x42;&gt;", "a<bAB>"},
		{"control character by reference", "a&#1;&#x0;b", "ab"},
		{"unknown entity", "a &nbsp; &;b& &#xZZ; &#99999999;", "a &nbsp; &;b& &#xZZ; \ufffd"},
		{"bare and section", "a" + cdata("b") + "c", "abc"},
		{"four-byte characters", cdata("😀👨‍👩‍👧"), "😀👨‍👩‍👧"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := wechat.Parse([]byte("\ufeff \n" + push(tt.content)))
			if err != nil {
				t.Fatal(err)
			}
			text, ok := p.Body.(*wechat.Text)
			if !ok {
				t.Fatalf("body is %T", p.Body)
			}
			if text.Content != tt.want {
				t.Errorf("Content = %q, want %q", text.Content, tt.want)
			}
			if p.FromUserName != "oFAN" || p.ToUserName != "gh_1" || p.MsgID != "77" || p.CreateTime != 1700000001 {
				t.Errorf("header = %q, %q, %q, %d", p.FromUserName, p.ToUserName, p.MsgID, p.CreateTime)
			}
		})
	}
}

func TestParseTakesTheFirstHeader(t *testing.T) {
	for name, doc := range map[string]string{
		"XML":  "<xml><FromUserName>oFAN</FromUserName><MsgType>link</MsgType><MsgId>1</MsgId><Title><![CDATA[a]]></Title><FromUserName>oOTHER</FromUserName><MsgType>text</MsgType><MsgId>2</MsgId></xml>",
		"JSON": `{"FromUserName":"oFAN","MsgType":"link","MsgId":1,"Title":"a","FromUserName":"oOTHER","MsgType":"text","MsgId":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := wechat.Parse([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			if p.FromUserName != "oFAN" || p.MsgType != "link" || p.MsgID != "1" {
				t.Errorf("header = %q, %q, %q", p.FromUserName, p.MsgType, p.MsgID)
			}
			want := &wechat.Link{Title: "a"}
			if diff := cmp.Diff(want, p.Body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
		})
	}
}

// refused are documents that are no push. FuzzParse starts from them, too.
var refused = []struct{ name, doc, want string }{
	{"empty", "", "neither XML nor JSON"},
	{"words", "hello", "neither XML nor JSON"},
	{"only space", " \n ", "neither XML nor JSON"},
	{"cut in a tag", "<xml><ToUserName", "no end"},
	{"cut in an element", "<xml><ToUserName>gh_1", "ends before"},
	{"cut in a section", "<xml><Content><![CDATA[abc", "no end"},
	{"cut in a comment", "<xml><!-- abc", "no end"},
	{"crossed tags", "<xml><a><b></a></b></xml>", "XML is broken"},
	{"end tag alone", "</xml>", "XML is broken"},
	{"second root", "<xml></xml><xml></xml>", "more than one root"},
	{"text before the root", "<?xml version='1.0'?>a<xml></xml>", "outside of the root"},
	{"text behind the root", "<xml></xml>a", "outside of the root"},
	{"section behind the root", "<xml></xml><![CDATA[a]]>", "outside of the root"},
	{"no name", "<xml>< a></ a></xml>", "no proper name"},
	{"bad name", "<xml><a=b></a=b></xml>", "XML is broken"},
	{"large", "<xml>" + strings.Repeat(" ", 1<<20) + "</xml>", "larger than"},
	{"long name", "<xml><" + strings.Repeat("a", 200) + "/></xml>", "no proper name"},
	{"document type", `<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml></xml>`, "declarations are refused"},
	{"entity", `<xml><!ENTITY a "b"></xml>`, "declarations are refused"},
	{"deep", strings.Repeat("<a>", 17) + strings.Repeat("</a>", 17), "too deeply"},
	{"wide", "<xml>" + strings.Repeat("<a/>", 2001) + "</xml>", "too many"},
	{"time", "<xml><CreateTime>soon</CreateTime></xml>", "CreateTime"},
	{"JSON list", "[]", "neither XML nor JSON"},
	{"JSON cut", `{"a":`, "broken"},
	{"JSON cut in a list", `{"a":[1`, "broken"},
	{"JSON with more behind", `{"a":1}{}`, "behind"},
	{"JSON deep", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "too deeply"},
	{"JSON deep lists", `{"a":` + strings.Repeat(`[`, 20) + strings.Repeat("]", 20) + "}", "too deeply"},
	{"JSON wide", `{"a":[1` + strings.Repeat(",1", 2001) + `]}`, "too many"},
	{"JSON time", `{"CreateTime":1.5}`, "CreateTime"},
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			p, err := wechat.Parse([]byte(tt.doc))
			var parseError *wechat.ParseError
			if p != nil || !errors.As(err, &parseError) {
				t.Fatalf("Parse = %v, %v, want a *ParseError", p, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func TestParseEnvelope(t *testing.T) {
	for _, tt := range []struct{ name, doc, toUser, encrypt string }{
		{"safe", "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[abc+/=]]></Encrypt></xml>", "gh_1", "abc+/="},
		{"JSON", `{"ToUserName":"gh_1","Encrypt":"abc+/="}`, "gh_1", "abc+/="},
		{"compatible", strings.Replace(push("<![CDATA[a]]></Content><Encrypt>forged</Encrypt><Content><![CDATA[b]]>"), "</xml>", "<Encrypt><![CDATA[abc+/=]]></Encrypt></xml>", 1), "gh_1", "abc+/="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			toUser, encrypt, err := wechat.ParseEnvelope([]byte(tt.doc))
			if err != nil || toUser != tt.toUser || encrypt != tt.encrypt {
				t.Errorf("ParseEnvelope = %q, %q, %v", toUser, encrypt, err)
			}
		})
	}
	for _, doc := range []string{"", push("hi"), "<xml><Encrypt></Encrypt></xml>", `{"ToUserName":"gh_1"}`} {
		var parseError *wechat.ParseError
		if _, _, err := wechat.ParseEnvelope([]byte(doc)); !errors.As(err, &parseError) {
			t.Errorf("ParseEnvelope(%q): %v, want a *ParseError", doc, err)
		}
	}
}

// FuzzParse holds that nothing makes Parse panic, that text is always valid and free of control bytes, and that documents that
// encoding/xml reads too mean the same to both.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/push/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if doc, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".golden") {
			f.Add(doc)
		}
	}
	for _, tt := range refused {
		f.Add([]byte(tt.doc))
	}
	f.Add([]byte(push("<![CDATA[a\x01]]></Content><FromUserName>x</FromUserName><Content><![CDATA[]]>")))
	f.Fuzz(func(t *testing.T, doc []byte) {
		before := bytes.Clone(doc)
		p, err := wechat.Parse(doc)
		if !bytes.Equal(before, doc) {
			t.Fatal("Parse changed the document")
		}
		if err != nil {
			var parseError *wechat.ParseError
			if !errors.As(err, &parseError) {
				t.Fatalf("error is %T", err)
			}
			return
		}
		if p.Key() == "" || p.Body == nil {
			t.Fatal("no key or no body")
		}
		if text, ok := p.Body.(*wechat.Text); ok && strings.ToValidUTF8(text.Content, "") != text.Content {
			t.Fatalf("Content is not valid: %q", text.Content)
		}
		sameAsStandard(t, doc, p)
	})
}

// sameAsStandard compares p with what encoding/xml reads, for plain documents: one element of each header name at most, and no
// section that ends anywhere but before an end tag, which is where the two must differ.
func sameAsStandard(t *testing.T, doc []byte, p *wechat.Push) {
	if bytes.Count(doc, []byte("]]>")) != bytes.Count(doc, []byte("]]></")) || bytes.ContainsAny(doc, "\r&:") || bytes.Contains(doc, []byte("<![CDATA[<")) {
		return
	}
	for _, name := range []string{"FromUserName", "Content", "MsgType"} {
		if bytes.Count(doc, []byte("<"+name)) > 1 {
			return
		}
	}
	var std struct {
		FromUserName, Content, MsgType string
	}
	dec := xml.NewDecoder(bytes.NewReader(doc))
	if dec.Decode(&std) != nil {
		return
	}
	if got := p.FromUserName; got != strings.TrimSpace(std.FromUserName) {
		t.Errorf("FromUserName = %q, encoding/xml reads %q", got, std.FromUserName)
	}
	if text, ok := p.Body.(*wechat.Text); ok && text.Content != std.Content {
		t.Errorf("Content = %q, encoding/xml reads %q", text.Content, std.Content)
	}
}
