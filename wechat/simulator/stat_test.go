package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

var shanghai = time.FixedZone("UTC+8", 8*60*60)

// cube asks the data cube and returns its rows, each in one line.
func (p *platform) cube(name, begin, end string) (object, []string) {
	p.t.Helper()
	status, text := p.request("POST", "/datacube/"+name+"?access_token="+p.token(), `{"begin_date":"`+begin+`","end_date":"`+end+`"}`)
	if status != 200 {
		p.t.Fatal(status, text)
	}
	o := decode(p.t, text)
	lines := []string{}
	if rows, ok := o["list"].([]any); ok {
		for _, r := range rows {
			lines = append(lines, strings.TrimPrefix(fmt.Sprint(r), "map"))
		}
	}
	return o, lines
}

func TestDataCubeDates(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	today := noon.In(shanghai)
	at := func(days int) string { return today.AddDate(0, 0, days).Format("2006-01-02") }
	cases := []struct {
		name, begin, end string
		code             int
	}{
		{"getusersummary", at(-7), at(-1), 0},
		{"getusersummary", at(-8), at(-1), 61501},
		{"getusersummary", at(-1), at(-2), 61501},
		{"getusersummary", at(-1), at(0), 61501},
		{"getusersummary", "2026/1/1", at(-1), 61500},
		{"getusersummary", "", at(-1), 61500},
		{"getupstreammsghour", at(-2), at(-1), 61501},
		{"getupstreammsgdist", at(-15), at(-1), 0},
		{"getupstreammsgdist", at(-16), at(-1), 61501},
		{"getinterfacesummary", at(-30), at(-1), 0},
		{"getarticleread", at(-2), at(-1), 61501},
		{"getbizsummary", at(-30), at(-1), 0},
	}
	for _, c := range cases {
		t.Run(c.name+" "+c.begin+" "+c.end, func(t *testing.T) {
			o, _ := p.cube(c.name, c.begin, c.end)
			p.want(o, c.code)
		})
	}
	p.control("POST", "clock", `{"to":"`+today.AddDate(0, 0, 1).Format("2006-01-02")+`T07:59:59+08:00"}`)
	o, _ := p.cube("getusersummary", at(0), at(0))
	p.want(o, 61503)
	o, _ = p.cube("getusersummary", at(-1), at(-1))
	p.want(o, 0)
	p.control("POST", "clock", `{"to":"`+today.AddDate(0, 0, 1).Format("2006-01-02")+`T08:00:00+08:00"}`)
	o, _ = p.cube("getusersummary", at(0), at(0))
	p.want(o, 0)
}

func TestDataCubeCounts(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	first := noon.In(shanghai).Format("2006-01-02")
	next := noon.In(shanghai).AddDate(0, 0, 1).Format("2006-01-02")
	p.do("fan1", `{"scan":"store-1"}`)
	p.do("fan2", `{"subscribe":{}}`)
	p.do("fan3", `{"subscribe":{}}`)
	p.do("fan3", `{"unsubscribe":{}}`)
	for range 6 {
		p.do("fan1", `{"text":"hi"}`)
	}
	p.do("fan2", `{"text":"hi"}`)
	p.do("fan2", `{"image":"m"}`)
	p.advance("1h")
	p.back.reply(func(received, int) string { return "500" })
	p.do("fan2", `{"text":"hi"}`)
	p.back.reply(nil)
	p.advance("24h")
	p.do("fan1", `{"unsubscribe":{}}`)
	p.advance("24h")

	cases := []struct {
		name, begin, end string
		want             []string
	}{
		{"getusersummary", first, next, []string{
			"[cancel_user:1 new_user:0 ref_date:" + first + " user_source:0]",
			"[cancel_user:0 new_user:2 ref_date:" + first + " user_source:1]",
			"[cancel_user:0 new_user:1 ref_date:" + first + " user_source:30]",
			"[cancel_user:1 new_user:0 ref_date:" + next + " user_source:0]",
		}},
		{"getusercumulate", first, next, []string{
			"[cumulate_user:2 ref_date:" + first + " user_source:0]", "[cumulate_user:1 ref_date:" + next + " user_source:0]",
		}},
		{"getupstreammsg", first, next, []string{
			"[msg_count:8 msg_type:1 msg_user:2 ref_date:" + first + "]", "[msg_count:1 msg_type:2 msg_user:1 ref_date:" + first + "]",
		}},
		{"getupstreammsghour", first, first, []string{
			"[msg_count:7 msg_type:1 msg_user:2 ref_date:" + first + " ref_hour:1200]",
			"[msg_count:1 msg_type:2 msg_user:1 ref_date:" + first + " ref_hour:1200]",
			"[msg_count:1 msg_type:1 msg_user:1 ref_date:" + first + " ref_hour:1300]",
		}},
		{"getupstreammsgdist", first, first, []string{
			"[count_interval:1 msg_user:1 ref_date:" + first + "]", "[count_interval:2 msg_user:1 ref_date:" + first + "]",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, got := p.cube(c.name, c.begin, c.end)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	// 4 events, 9 messages; the one at 13:00 was never answered.
	if _, got := p.cube("getinterfacesummary", first, first); len(got) != 1 || !strings.Contains(got[0], "callback_count:13 fail_count:1 ") {
		t.Error(got)
	}
	if _, got := p.cube("getinterfacesummaryhour", first, first); len(got) != 2 || !strings.Contains(got[1], "ref_hour:1300") {
		t.Error(got)
	}
	monday := noon.In(shanghai)
	for monday.Weekday() != 1 {
		monday = monday.AddDate(0, 0, -1)
	}
	week := func() []string {
		_, got := p.cube("getupstreammsgweek", monday.Format("2006-01-02"), monday.Format("2006-01-02"))
		return got
	}
	if got := week(); len(got) != 0 {
		t.Errorf("of a week that is not over: %v", got)
	}
	p.advance("7d")
	if got := week(); len(got) != 2 {
		t.Error(got)
	}
}

func TestDataCubeArticles(t *testing.T) {
	w := newWriter(t)
	w.post("freepublish/submit", w.token, `{"media_id":"`+w.draft("一")+`"}`)
	w.advance("10s")
	link := w.back.deliveries()[0].field["article_url"]
	for _, reader := range []string{"", "&openid=fan1", "&openid=fan1"} {
		w.download(link + reader)
	}
	w.advance("24h")
	w.download(link + "&openid=fan2")
	w.advance("24h")
	day := noon.In(shanghai).Format("2006-01-02")
	o, got := w.cube("getarticleread", day, day)
	if o.text("is_delay") != "false" || len(got) != 1 || !strings.Contains(got[0], "read_user:2") || !strings.Contains(got[0], "_1 ref_date:"+day) {
		t.Error(got)
	}
	if _, got := w.cube("getbizsummary", day, day); len(got) != 1 || !strings.Contains(got[0], "read_user:2") {
		t.Error(got)
	}
	_, got = w.cube("getarticletotaldetail", day, day)
	if len(got) != 1 || !strings.Contains(got[0], "publish_type:1") || strings.Count(got[0], "stat_date:") != 2 || !strings.Contains(got[0], "read_user:3") {
		t.Error(got)
	}
}

func TestDataCubeRights(t *testing.T) {
	a := service()
	a.Verified = false
	p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
	o, _ := p.cube("getusersummary", "2026-01-01", "2026-01-01")
	p.want(o, 48001)
}
