package simulator

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// failedCall is what rid/get tells of a call that was answered with an error.
type failedCall struct {
	App      string `json:"app"`
	At       int64  `json:"at"` // Unix seconds
	Cost     int64  `json:"cost"`
	Query    string `json:"query"`
	Body     string `json:"body"`
	Response string `json:"response"`
	IP       string `json:"ip"`
}

const (
	ridLife    = 7 * 24 * time.Hour
	ridsKept   = 1000 // of an account; the platform's figure is not known
	ridBodyMax = 2048 // bytes of a request's body that are kept
)

// ridLog keeps the last failed calls of all accounts. Safe for concurrent use but for what says otherwise. Its lock is taken before
// that of the state file, never after it.
type ridLog struct {
	mu    sync.Mutex
	calls map[string]failedCall
	order map[string][]string // app → rids, oldest first
	file  *stateFile
}

// reset empties the log, which from now on is kept in the file. The lock is held, or the server is not in use yet.
func (l *ridLog) reset(file *stateFile) {
	l.calls, l.order, l.file = map[string]failedCall{}, map[string][]string{}, file
}

func (l *ridLog) add(rid string, f failedCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(rid, f)
	l.file.put("rid", "", rid, f)
}

func (l *ridLog) keep(rid string, f failedCall) {
	l.calls[rid] = f
	list := append(l.order[f.App], rid)
	for len(list) > ridsKept || time.Duration(f.At-l.calls[list[0]].At)*time.Second > ridLife {
		delete(l.calls, list[0])
		l.file.drop("rid", "", list[0])
		list = list[1:]
	}
	l.order[f.App] = list
}

func (l *ridLog) get(rid string) (failedCall, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.calls[rid]
	return f, ok
}

// restore applies a line of the state file. The lock is held, or the server is not in use yet.
func (l *ridLog) restore(n line) error {
	if n.Value == nil {
		delete(l.calls, n.ID)
		for app, list := range l.order {
			l.order[app] = slices.DeleteFunc(list, func(rid string) bool { return rid == n.ID })
		}
		return nil
	}
	var f failedCall
	if err := json.Unmarshal(n.Value, &f); err != nil {
		return err
	}
	l.keep(n.ID, f)
	return nil
}

// emit writes the log's records. The lock is held.
func (l *ridLog) emit(emit func(kind, app, id string, v any)) {
	for _, app := range slices.Sorted(maps.Keys(l.order)) {
		for _, rid := range l.order[app] {
			emit("rid", "", rid, l.calls[rid])
		}
	}
}

// note keeps a call that failed, for rid/get. Tokens are cut and secrets left out.
func (s *Server) note(c *call, res response, began time.Time) {
	if res.rid == "" {
		return
	}
	body := "(a form)"
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "multipart/") {
		body = withoutSecret(cut(string(c.body), ridBodyMax))
	}
	s.rids.add(res.rid, failedCall{
		App: c.a.AppID, At: s.Now().Unix(), Cost: time.Since(began).Milliseconds(),
		Query: maskedQuery(c.r.URL.Query()), Body: body, Response: string(res.body), IP: callerIP(c.r).Unmap().String(),
	})
}

// maskedQuery is the query of a call as the page's example shows it: the token's beginning, then xxxx.
func maskedQuery(q url.Values) string {
	for name, values := range q {
		if strings.Contains(name, "token") || strings.Contains(name, "secret") || name == "code" {
			q[name] = []string{cutShort(values[0])}
		}
	}
	return q.Encode()
}

func cutShort(s string) string { return s[:min(len(s), 6)] + "xxxx" }

var secretMember = regexp.MustCompile(`("(?:app)?secret"\s*:\s*")[^"]*`)

func withoutSecret(body string) string { return secretMember.ReplaceAllString(body, "${1}xxxx") }

var ridShape = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)

// ridGet answers openapi/rid/get. What is older than seven days is 76004; an older edition of the page says 76001 for it.
// Source: developers.weixin.qq.com/doc/service/api/apimanage/api_getridinfo.html
func ridGet(c *call) (any, error) {
	var req struct {
		RID string `json:"rid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if !ridShape.MatchString(req.RID) {
		return nil, fail(76002)
	}
	second, err := strconv.ParseInt(req.RID[:8], 16, 64)
	if err != nil {
		return nil, fail(76002)
	}
	if c.now.Sub(time.Unix(second, 0)) > ridLife {
		return nil, fail(76004)
	}
	f, ok := c.s.rids.get(req.RID)
	switch {
	case !ok:
		return nil, fail(76001)
	case f.App != c.a.AppID:
		return nil, fail(76003)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "request": map[string]any{
		"invoke_time": f.At, "cost_in_ms": f.Cost, "request_url": f.Query, "request_body": f.Body, "response_body": f.Response, "client_ip": f.IP,
	}}, nil
}
