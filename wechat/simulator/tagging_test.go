package simulator_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

func TestTagFigures(t *testing.T) {
	p := start(t, simulator.Config{TaggingTime: -1, Figures: simulator.Figures{TagFans: 1}})
	p.do("fan1", `{"subscribe":{}}`)
	p.do("fan2", `{"subscribe":{}}`)
	token := p.token()
	p.table(token, []posted{
		{"tags/create", `{"tag":{"name":"100"}}`, 0},
		{"tags/create", `{"tag":{"name":"100"}}`, 45157},
		{"tags/create", `{"tag":{"name":""}}`, 45157},
		{"tags/create", `{"tag":{"name":"` + strings.Repeat("字", 31) + `"}}`, 45158},
		{"tags/create", `{"tag":{"name":"` + strings.Repeat("字", 30) + `"}}`, 0},
		{"tags/update", `{"tag":{"id":2,"name":"mine"}}`, 45058},
		{"tags/delete", `{"tag":{"id":0}}`, 45058},
		{"tags/delete", `{"tag":{"id":999}}`, 45159},
		{"tags/members/batchtagging", `{"openid_list":["fan1","fan2"],"tagid":100}`, 0},
		{"tags/members/batchtagging", `{"openid_list":["fan1"],"tagid":999}`, 45159},
		{"tags/members/batchtagging", `{"openid_list":["` + stranger + `"],"tagid":100}`, 49003},
		{"tags/members/batchtagging", `{"openid_list":[` + strings.Repeat(`"fan1",`, 50) + `"fan1"],"tagid":100}`, 40032},
		{"tags/delete", `{"tag":{"id":100}}`, 45057},
		{"tags/members/batchuntagging", `{"openid_list":["fan2"],"tagid":"100"}`, 0},
		{"tags/delete", `{"tag":{"id":100}}`, 0},
	})
	for i := range 99 {
		p.want(p.post("tags/create", token, fmt.Sprintf(`{"tag":{"name":"t%d"}}`, i)), 0)
	}
	p.want(p.post("tags/create", token, `{"tag":{"name":"one more"}}`), 45056)
}

// TestTwentyTags gives one fan of two the twenty-first tag.
func TestTwentyTags(t *testing.T) {
	for _, partial := range []bool{false, true} {
		p := start(t, simulator.Config{TaggingTime: -1, Switches: simulator.Switches{PartialTags: partial}})
		p.do("fan1", `{"subscribe":{}}`)
		p.do("fan2", `{"subscribe":{}}`)
		token := p.token()
		for i := range 21 {
			p.want(p.post("tags/create", token, fmt.Sprintf(`{"tag":{"name":"t%d"}}`, i)), 0)
		}
		for i := range 20 {
			p.want(p.post("tags/members/batchtagging", token, fmt.Sprintf(`{"openid_list":["fan1"],"tagid":%d}`, 100+i)), 0)
		}
		o := p.post("tags/members/batchtagging", token, `{"openid_list":["fan1","fan2"],"tagid":120}`)
		fan2 := p.post("tags/getidlist", token, `{"openid":"fan2"}`).text("tagid_list")
		if !partial {
			p.want(o, 45059)
			if fan2 != "[]" {
				t.Errorf("fan2 has the tags %s", fan2)
			}
			continue
		}
		p.want(o, 45171)
		if diff := cmp.Diff("[fan1]", o.text("fail_openid_list")); diff != "" || fan2 != "[120]" {
			t.Errorf("%v, fan2 has %s", o, fan2)
		}
	}
}

// TestTagsAtOnce tags one fan by two calls that are under way at the same time, and two fans by two others.
func TestTagsAtOnce(t *testing.T) {
	p := start(t, simulator.Config{TaggingTime: 500 * time.Millisecond})
	p.do("fan1", `{"subscribe":{}}`)
	p.do("fan2", `{"subscribe":{}}`)
	token := p.token()
	p.want(p.post("tags/create", token, `{"tag":{"name":"a"}}`), 0)
	both := func(first, second string) map[int]int {
		codes := map[int]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, id := range []string{first, second} {
			wg.Go(func() {
				o := p.post("tags/members/batchtagging", token, `{"openid_list":["`+id+`"],"tagid":100}`)
				mu.Lock()
				defer mu.Unlock()
				codes[o.code()]++
			})
		}
		wg.Wait()
		return codes
	}
	if got := both("fan1", "fan1"); !cmp.Equal(got, map[int]int{0: 1, 45169: 1}) {
		t.Errorf("one fan: %v", got)
	}
	if got := both("fan1", "fan2"); !cmp.Equal(got, map[int]int{0: 2}) {
		t.Errorf("two fans: %v", got)
	}
}
