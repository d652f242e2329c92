package simulator_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// manyFans writes a state of n fans as they are in life: followed by a scene, with two tags, an open window, two items of their
// own and two that all have. The first 20 have 1,000 items.
func manyFans(b *bufio.Writer, n int) {
	line := func(kind, id, value string) {
		fmt.Fprintf(b, `{"k":%q,"app":%q,"id":%q,"v":%s}`+"\n", kind, appID, id, value)
	}
	line("tag", "100", `"new"`)
	line("tag", "101", `"store"`)
	for i := range n {
		id := fmt.Sprintf("oSIM%024d", i)
		line("fan", id, fmt.Sprintf(`{"subscribed":true,"since":"2026-11-08T02:%02d:%02dZ","how":"ADD_SCENE_QR_CODE","scene":"store-%d","tags":[100,101],`+
			`"windows":[{"by":"message","left":4,"until":"2026-11-10T02:00:00Z"},{"by":"scan","left":3,"until":"2026-11-08T02:01:00Z"}],`+
			`"heard":"2026-11-08T02:00:00Z","profile":{"nickname":"Fan %d","sex":2,"language":"zh_CN","city":"广州"},"month":{"period":"2026-11","n":1}}`,
			i/60%60, i%60, i%100, i))
		items := 2
		if i < 20 {
			items = 1000
		}
		for j := range items {
			line("item", id, fmt.Sprintf(`{"kind":"customer","at":"2026-11-08T02:00:00.000Z","msgtype":"text","content":"Your voucher %d for store %d is here"}`, j, i%100))
		}
	}
}

// BenchmarkManyFans fills 100,000 fans and lets all of them have a mass message. It reports what the process then needs: the
// resident set as it is at work and once the state was saved by the control call, where the system tells it, the live heap, and
// the resident set without what is free.
func BenchmarkManyFans(b *testing.B) {
	const fans = 100_000
	path := b.TempDir() + "/state.db"
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	manyFans(w, fans)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, StateFile: path})
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(sim)
		p := &platform{sim: sim, url: server.URL}
		for i := range 2 {
			p.tried("/cgi-bin/message/mass/sendall?access_token="+p.plainToken(),
				fmt.Sprintf(`{"filter":{"is_to_all":false,"tag_id":100},"text":{"content":"news %d"},"msgtype":"text"}`, i))
		}
		if rss := resident(); rss > 0 {
			b.ReportMetric(float64(rss)/1e6, "rss-at-work-MB")
		}
		answer, err := http.Get(server.URL + "/sim/state")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
		if rss := resident(); rss > 0 {
			b.ReportMetric(float64(rss)/1e6, "rss-saved-MB")
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
		debug.FreeOSMemory()
		if rss := resident(); rss > 0 {
			b.ReportMetric(float64(rss)/1e6, "rss-MB")
		}
		server.Close()
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// plainToken gets a token without a test to fail.
func (p *platform) plainToken() string {
	text := p.tried("/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, appID, secret))
	_, rest, _ := strings.Cut(text, `"access_token":"`)
	found, _, _ := strings.Cut(rest, `"`)
	return found
}

// resident is the resident set in bytes, 0 where the system has no /proc.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
