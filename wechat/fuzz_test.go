package wechat_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanflow/wechat"
)

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
