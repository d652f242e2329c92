package simulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// busyFan receives n replies: more than are kept in memory.
func (p *platform) busyFan(openID string, from, n int) (want []string) {
	p.back.reply(func(r received, _ int) string { return replyXML(r, "re "+r.field["Content"]) })
	for i := range n {
		p.do(openID, fmt.Sprintf(`{"text":"%d"}`, from+i))
	}
	for i := range from + n {
		want = append(want, fmt.Sprintf("passive:re %d", i))
	}
	return want
}

func TestLongInbox(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	state := filepath.Join(t.TempDir(), "state.db")
	for _, file := range []string{"", state} {
		t.Run("state file "+filepath.Base(file), func(t *testing.T) {
			p := start(t, simulator.Config{StateFile: file})
			want := p.busyFan("fan1", 0, 650)
			if d := cmp.Diff(want, p.inbox("fan1")); d != "" {
				t.Error(d)
			}
			var got []string
			for cursor := ""; ; {
				page := p.control("GET", appID+"/fans/fan1/inbox?limit=70&cursor="+cursor, "")
				got = append(got, lines(page["items"])...)
				if cursor = page.text("next"); cursor == "" {
					break
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if n := p.control("GET", appID+"/fans", "")["items"].([]any)[0].(map[string]any)["received"]; fmt.Sprint(n) != "650" {
				t.Errorf("received %v", n)
			}
			for _, bad := range []string{"limit=0", "limit=x", "cursor=-1"} {
				if status, _ := p.request("GET", "/sim/"+appID+"/fans/fan1/inbox?"+bad, ""); status != 400 {
					t.Errorf("%s: %d", bad, status)
				}
			}
		})
	}
	t.Run("after a restart", func(t *testing.T) {
		p := start(t, simulator.Config{StateFile: state})
		want := p.busyFan("fan1", 650, 120)
		if d := cmp.Diff(want, p.inbox("fan1")); d != "" {
			t.Error(d)
		}
	})
	t.Run("nothing is left", func(t *testing.T) {
		for _, dir := range []string{os.Getenv("TMPDIR"), filepath.Dir(state)} {
			left, err := filepath.Glob(filepath.Join(dir, "*inbox*"))
			if err != nil || len(left) != 0 {
				t.Errorf("%v %v", left, err)
			}
		}
	})
}
