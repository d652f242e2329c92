package wechat_test

import (
	"bytes"
	"encoding/json"
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
	MsgID                    string
	MsgDataID                string `json:",omitempty"`
	Idx                      int    `json:",omitzero"`
	Name, Key, Type          string
	Body                     wechat.Body
}

func dump(t *testing.T, p *wechat.Push) string {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(golden{
		p.ToUserName, p.FromUserName, p.CreateTime, p.MsgType, p.Event, p.EventKey, p.MsgID, p.MsgDataID, p.Idx,
		p.Name(), p.Key(), strings.TrimPrefix(fmt.Sprintf("%T", p.Body), "*wechat."), p.Body,
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// checkGolden compares with a file, or writes it where -update is given.
func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("run with -update if this is meant (-want +got)\n%s", diff)
	}
}

// samples gives the files of a folder with that ending.
func samples(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func parseFile(t *testing.T, file string) *wechat.Push {
	t.Helper()
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
	return p
}

func TestParseGolden(t *testing.T) {
	for _, file := range append(samples(t, "testdata/push/*.xml"), samples(t, "testdata/push/*.json")...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			checkGolden(t, file+".golden", dump(t, parseFile(t, file)))
		})
	}
}

// TestParseJSONIsXML: an account whose owner chose JSON receives the same pushes.
func TestParseJSONIsXML(t *testing.T) {
	for _, file := range samples(t, "testdata/push/*.xml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			fromXML, fromJSON := parseFile(t, file), parseFile(t, strings.TrimSuffix(file, "xml")+"json")
			if fromXML.FromUserName != "" && fromXML.Key() != fromJSON.Key() {
				t.Errorf("keys are %s and %s", fromXML.Key(), fromJSON.Key())
			}
			fromXML.Raw, fromJSON.Raw = nil, nil
			if diff := cmp.Diff(fromXML, fromJSON); diff != "" {
				t.Errorf("XML and JSON differ (-XML +JSON)\n%s", diff)
			}
		})
	}
}

// everything are the messages and events of the platform's pages and the types that they are read as.
var everything = map[string]string{
	"text": "Text", "image": "Image", "voice": "Voice", "video": "VideoMessage", "shortvideo": "VideoMessage", "location": "Location",
	"link": "Link", "miniprogrampage": "MiniProgramPage",
	"event subscribe": "Subscribe", "event unsubscribe": "Unsubscribe", "event scan": "Scan", "event location": "LocationReport",
	"event click": "Click", "event view": "View", "event view_miniprogram": "ViewMiniProgram",
	"event scancode_push": "ScanCode", "event scancode_waitmsg": "ScanCode", "event pic_sysphoto": "Pictures",
	"event pic_photo_or_album": "Pictures", "event pic_weixin": "Pictures", "event location_select": "LocationSelect",
	"event templatesendjobfinish": "SendResult", "event masssendjobfinish": "SendResult",
	"event publishjobfinish": "PublishResult", "event freepublishjobfinish": "PublishResult",
	"event subscribe_msg_popup_event": "NoticeConsent", "event subscribe_msg_change_event": "NoticeConsent",
	"event subscribe_msg_sent_event": "NoticeResult",
	"event kf_create_session":        "Session", "event kf_close_session": "Session", "event kf_switch_session": "Session",
	"event user_info_modified": "Authorization", "event user_authorization_revoke": "Authorization",
	"event user_authorization_cancellation": "Authorization",
	"event qualification_verify_success":    "Qualification", "event qualification_verify_fail": "Qualification",
	"event naming_verify_success": "Qualification", "event naming_verify_fail": "Qualification",
	"event annual_renew": "Qualification", "event verify_expired": "Qualification",
	"event guide_qrcode_scan_event": "Generic",
}

func TestEverythingHasASample(t *testing.T) {
	seen := map[string]map[string]bool{}
	for _, file := range samples(t, "testdata/push/*.xml") {
		p := parseFile(t, file)
		kind := strings.TrimSpace(strings.ToLower(p.MsgType + " " + p.Event))
		if seen[kind] == nil {
			seen[kind] = map[string]bool{}
		}
		seen[kind][strings.TrimPrefix(fmt.Sprintf("%T", p.Body), "*wechat.")] = true
	}
	for kind, body := range everything {
		if !seen[kind][body] {
			t.Errorf("no sample of %q is read as %s: %v", kind, body, seen[kind])
		}
	}
}

func TestFields(t *testing.T) {
	p := parseFile(t, "testdata/push/mass-refused.xml")
	fields := p.Fields()
	for path, want := range map[string]string{
		"FromUserName": "oSIMUSER0000000000000000001", "MsgID": "1000001625", "CopyrightCheckResult.ResultList.item.AuditState": "2",
		"CopyrightCheckResult.ResultList.item.AuditState#2": "11", "CopyrightCheckResult.CheckState": "2",
	} {
		if fields[path] != want {
			t.Errorf("%s = %q, want %q", path, fields[path], want)
		}
	}
	if _, ok := fields["CopyrightCheckResult"]; ok {
		t.Error("an element with children has a value")
	}
	if got := (&wechat.Push{}).Fields(); len(got) != 0 {
		t.Errorf("a Push without a document has the fields %v", got)
	}
}
