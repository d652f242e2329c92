package wechat_test

import (
	"encoding/xml"
	"os"
	"testing"

	"fanflow/wechat"
)

// standardPush is what a program would give encoding/xml for the messages and events that are measured.
type standardPush struct {
	ToUserName, FromUserName, MsgType, Event, EventKey, Ticket string
	CreateTime, MsgId                                          int64
	Content, PicUrl, MediaId, Label                            string
	Latitude, Longitude, Precision                             float64
	LocationX                                                  float64 `xml:"Location_X"`
	LocationY                                                  float64 `xml:"Location_Y"`
	Scale                                                      int
	ScanCodeInfo                                               struct{ ScanType, ScanResult string }
}

// BenchmarkParse measures Parse beside encoding/xml's Unmarshal of the same documents in the same run; MB/s compares them.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"text", "image", "location", "subscribe-scene", "click", "position", "scan-code"} {
		doc, err := os.ReadFile("testdata/push/" + name + ".xml")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if _, err := wechat.Parse(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-xml", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				var p standardPush
				if err := xml.Unmarshal(doc, &p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendReply(b *testing.B) {
	for _, tt := range replies {
		if tt.file != "text" && tt.file != "news-to-event" {
			continue
		}
		for _, format := range []string{"xml", "json"} {
			b.Run(tt.file+"/"+format, func(b *testing.B) {
				p := answered(b, format, tt.event)
				buf := make([]byte, 0, 8<<10)
				b.ReportAllocs()
				for b.Loop() {
					buf = wechat.AppendReply(buf[:0], p, tt.reply, at)
				}
				b.SetBytes(int64(len(buf)))
			})
		}
	}
}
