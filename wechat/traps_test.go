package wechat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
)

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

// refused are documents that are no push. The fuzz targets start from them, too.
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
	{"sections without an end tag", "<xml>" + strings.Repeat("<a><![CDATA[]]>", 60000) + "</xml>", "too deeply"},
	{"sections with another end tag", "<xml>" + strings.Repeat("<Content><![CDATA[]]></b>", 40000) + "</xml>", "XML is broken"},
	{"large", "<xml>" + strings.Repeat(" ", 1<<20) + "</xml>", "larger than"},
	{"long name", "<xml><" + strings.Repeat("a", 200) + "/></xml>", "no proper name"},
	{"document type", `<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml></xml>`, "declarations are refused"},
	{"entity", `<xml><!ENTITY a "b"></xml>`, "declarations are refused"},
	{"deep", strings.Repeat("<a>", 17) + strings.Repeat("</a>", 17), "too deeply"},
	{"wide", "<xml>" + strings.Repeat("<a/>", 2001) + "</xml>", "too many"},
	{"time", "<xml><CreateTime>soon</CreateTime></xml>", "CreateTime"},
	{"milliseconds", "<xml><CreateTime>1700000001000</CreateTime></xml>", "CreateTime"},
	{"time before 1970", "<xml><CreateTime>-1</CreateTime></xml>", "CreateTime"},
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

// TestParseScene: only the first qrscene_ is a prefix, only of a subscribe, and other keys are no scene.
func TestParseScene(t *testing.T) {
	for _, tt := range []struct{ key, scene string }{
		{"<EventKey>qrscene_spring_24</EventKey>", "spring_24"},
		{"<EventKey>qrscene_qrscene_1</EventKey>", "qrscene_1"},
		{"<EventKey>qrscene_0</EventKey>", "0"},
		{"<EventKey>last_trade_no_4200001</EventKey>", ""},
		{"<EventKey>scanbarcode|1|2</EventKey>", ""},
		{"<EventKey>spring24</EventKey>", ""},
		{"<EventKey><![CDATA[]]></EventKey>", ""},
		{"<EventKey/>", ""},
		{"", ""},
	} {
		p := parse(t, event("subscribe", tt.key))
		if got := p.Body.(*wechat.Subscribe).Scene; got != tt.scene {
			t.Errorf("scene of %s = %q, want %q", tt.key, got, tt.scene)
		}
		if want := strings.NewReplacer("<EventKey>", "", "</EventKey>", "", "<![CDATA[]]>", "", "<EventKey/>", "").Replace(tt.key); p.EventKey != want {
			t.Errorf("EventKey = %q, want %q", p.EventKey, want)
		}
	}
	if got := parse(t, event("SCAN", "<EventKey>qrscene_1</EventKey>")).Body.(*wechat.Scan).Scene; got != "qrscene_1" {
		t.Errorf("scene of a SCAN = %q: it has no prefix", got)
	}
}

// TestParseInjection: elements that a fan smuggles in by closing the section of what they wrote stay text.
func TestParseInjection(t *testing.T) {
	const head = "<xml><FromUserName>oFAN</FromUserName><CreateTime>1700000001</CreateTime>"
	for name, doc := range map[string]string{
		"label": head + "<MsgType>location</MsgType><Location_X>1</Location_X><Location_Y>2</Location_Y>" +
			"<Label><![CDATA[a]]></Label><MsgId>1</MsgId><Label><![CDATA[]]></Label><MsgId>77</MsgId></xml>",
		"title": head + "<MsgType>link</MsgType><Title><![CDATA[a]]></Title><MsgId>1</MsgId><Title><![CDATA[]]></Title><MsgId>77</MsgId></xml>",
		"speech": head + "<MsgType>voice</MsgType><Recognition><![CDATA[a]]></Recognition><MsgId>1</MsgId><Recognition><![CDATA[]]></Recognition>" +
			"<MsgId>77</MsgId></xml>",
		"address of a page":     head + "<MsgType>link</MsgType><Title>a</Title><Url><![CDATA[http://a/]]></Url><MsgId>1</MsgId><Url><![CDATA[]]></Url><MsgId>77</MsgId></xml>",
		"sender behind a place": head + "<MsgType>location</MsgType><MsgId>77</MsgId><Label>a</Label><FromUserName>oOTHER</FromUserName></xml>",
	} {
		t.Run(name, func(t *testing.T) {
			if p := parse(t, doc); p.MsgID != "77" || p.FromUserName != "oFAN" {
				t.Errorf("MsgID = %q, FromUserName = %q", p.MsgID, p.FromUserName)
			}
		})
	}
}

// TestParseInjectionDeeper: so it is with what a fan scans or chooses by a menu item, which stands in an element of its own.
func TestParseInjectionDeeper(t *testing.T) {
	const smuggled = "a]]></%[2]s></%[1]s><MsgID>1</MsgID><Idx>2</Idx><%[1]s><%[2]s><![CDATA[b"
	for _, tt := range []struct{ event, info, field, more string }{
		{"scancode_push", "ScanCodeInfo", "ScanResult", "<ScanType>qrcode</ScanType>"},
		{"location_select", "SendLocationInfo", "Label", "<Location_X>1</Location_X><Location_Y>2</Location_Y>"},
		{"location_select", "SendLocationInfo", "Poiname", "<Location_X>1</Location_X><Location_Y>2</Location_Y><Label><![CDATA[c]]></Label>"},
	} {
		text := fmt.Sprintf(smuggled, tt.info, tt.field)
		p := parse(t, event(tt.event, "<EventKey>k</EventKey><"+tt.info+">"+tt.more+"<"+tt.field+"><![CDATA["+text+"]]></"+tt.field+"></"+tt.info+">"))
		if p.MsgID != "" || p.Idx != 0 {
			t.Errorf("%s: MsgID = %q, Idx = %d", tt.field, p.MsgID, p.Idx)
		}
		got := map[string]string{}
		switch b := p.Body.(type) {
		case *wechat.ScanCode:
			got["ScanResult"] = b.ScanResult
		case *wechat.LocationSelect:
			got["Label"], got["Poiname"] = b.Label, b.Poiname
		}
		if got[tt.field] != text {
			t.Errorf("%s = %q, want %q", tt.field, got[tt.field], text)
		}
	}
	p := parse(t, event("another_event", "<List><Label><![CDATA[a]]></Label></List><List><Label><![CDATA[b]]></Label></List>"))
	if diff := cmp.Diff(map[string]string{"List.Label": "a", "List.Label#2": "b"}, p.Body.(*wechat.Generic).Fields); diff != "" {
		t.Errorf("a list (-want +got)\n%s", diff)
	}
}

// TestParseIDs: MsgId of messages and MsgID of jobs are two names; an id need not be a number, nor fit one.
func TestParseIDs(t *testing.T) {
	for doc, want := range map[string]string{
		"<xml><MsgId>24416605642226393</MsgId></xml>":    "24416605642226393",
		"<xml><MsgID>1000000338</MsgID></xml>":           "1000000338",
		"<xml><MsgID>2</MsgID><MsgId>1</MsgId></xml>":    "1",
		"<xml><MsgId></MsgId><MsgID>2</MsgID></xml>":     "2",
		"<xml><MsgId>a-1</MsgId></xml>":                  "a-1",
		`{"MsgId":9007199254740993}`:                     "9007199254740993",
		`{"MsgId":"9007199254740993"}`:                   "9007199254740993",
		"<xml><msgid>1</msgid></xml>":                    "",
		"<xml><List><MsgId>1</MsgId></List></xml>":       "",
		"<xml><MsgId>99999999999999999999</MsgId></xml>": "99999999999999999999",
	} {
		if got := parse(t, doc).MsgID; got != want {
			t.Errorf("MsgID = %q, want %q, of %s", got, want, doc)
		}
	}
}

// TestParseSame: however a document is written, it is the same push. The first is scanned, the others are repaired.
func TestParseSame(t *testing.T) {
	const plain = "<xml><FromUserName><![CDATA[oFAN]]></FromUserName><CreateTime>1700000001</CreateTime><MsgType><![CDATA[event]]></MsgType>" +
		"<Event><![CDATA[pic_weixin]]></Event><EventKey><![CDATA[k]]></EventKey><SendPicsInfo><Count>2</Count><PicList>" +
		"<item><PicMd5Sum><![CDATA[aa]]></PicMd5Sum></item></PicList><PicList><item><PicMd5Sum><![CDATA[bb]]></PicMd5Sum></item></PicList></SendPicsInfo></xml>"
	want := parse(t, plain)
	if diff := cmp.Diff(&wechat.Pictures{Key: "k", Count: 2, MD5Sums: []string{"aa", "bb"}}, want.Body); diff != "" {
		t.Fatalf("body (-want +got)\n%s", diff)
	}
	for name, doc := range map[string]string{
		"line feeds":       strings.NewReplacer("><item>", ">\n  <item>", "</item><", "</item>\n<").Replace(plain),
		"carriage returns": strings.ReplaceAll(plain, "</PicList><PicList>", "</PicList>\r\n<PicList>"),
		"attributes":       strings.ReplaceAll(plain, "<Count>", `<Count a="1" b='>'>`),
		"references":       strings.ReplaceAll(plain, "<Count>2<", "<Count>&#50;<"),
		"a comment":        strings.ReplaceAll(plain, "<Count>", "<!-- <Count>3</Count> --><Count>"),
		"a declaration":    `<?xml version="1.0" encoding="GBK"?>` + plain,
		"a mark":           "\ufeff" + plain,
		"control bytes":    strings.ReplaceAll(plain, "oFAN", "\x01oF\x00AN"),
		"another root":     strings.ReplaceAll(plain, "xml>", "XML>"),
		"capitals":         strings.ReplaceAll(plain, "event]", "EVENT]"),
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, doc)
			if diff := cmp.Diff(want.Body, got.Body); diff != "" || got.FromUserName != "oFAN" || got.EventKey != "k" {
				t.Errorf("FromUserName %q, EventKey %q, body (-want +got)\n%s", got.FromUserName, got.EventKey, diff)
			}
		})
	}
}

// TestParseSpacedSections: a section that is not all of its element ends at the first "]]>", however many such there are.
func TestParseSpacedSections(t *testing.T) {
	p := parse(t, "<xml><MsgType>odd</MsgType>"+strings.Repeat("<a><![CDATA[x]]>\n</a>", 100)+"</xml>")
	fields := p.Body.(*wechat.Generic).Fields
	if len(fields) != 100 || fields["a"] != "x\n" || fields["a#100"] != "x\n" {
		t.Errorf("%d fields, the first %q, the last %q", len(fields), fields["a"], fields["a#100"])
	}
}
