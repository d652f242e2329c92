package flows

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fanflow/plugins/fetch"
	"fanflow/plugins/std/http"
	"fanflow/store"
)

// What one decision may read over HTTP.
const (
	maxReads   = 3               // different requests
	readLimit  = time.Second     // of one
	readsLimit = 2 * time.Second // of all, over all runs of the decision
	maxRequest = 4 << 10         // bytes of a request in JSON
)

// httpAnswer is what a request of a script came to, as the trace keeps it. A body that is no text stands in Raw.
type httpAnswer struct {
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Raw     []byte            `json:"body64,omitempty"`
	MS      int64             `json:"ms,omitempty"`
	Cached  bool              `json:"cached,omitempty"`
	Fault   fetch.Fault       `json:"fault,omitempty"`
	Why     string            `json:"why,omitempty"`
}

// keptHeaders are those that scripts see of an answer, beside what begins with x-.
var keptHeaders = []string{"content-type", "etag", "last-modified", "link", "location", "retry-after"}

const (
	maxHeaders     = 24
	maxHeaderBytes = 512
)

// remember makes what is kept of an answer, without the values of secrets.
func remember(a fetch.Answer, m mask) *httpAnswer {
	h := &httpAnswer{Status: a.Status, MS: a.Took.Milliseconds(), Cached: a.Cached, Fault: a.Fault, Why: cut(m.hide(a.Why), shortWhy)}
	for _, name := range sortedKeys(a.Headers) {
		if len(h.Headers) == maxHeaders || len(a.Headers[name]) > maxHeaderBytes ||
			!slices.Contains(keptHeaders, name) && !strings.HasPrefix(name, "x-") {
			continue
		}
		if h.Headers == nil {
			h.Headers = map[string]string{}
		}
		h.Headers[name] = strings.ToValidUTF8(m.hide(a.Headers[name]), "")
	}
	body := m.hide(string(a.Body))
	if plainBody(body) {
		h.Body = body
	} else {
		h.Raw = []byte(body)
	}
	return h
}

// plainBody reports whether a body is a text that JSON keeps without writing most of it in six signs.
func plainBody(s string) bool {
	control := 0
	for _, c := range []byte(s) {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			control++
		}
	}
	return control*16 <= len(s) && utf8.ValidString(s)
}

// answer gives it to the script.
func (a *httpAnswer) answer() fetch.Answer {
	body := []byte(a.Body)
	if len(a.Raw) > 0 {
		body = a.Raw
	}
	return fetch.Answer{Status: a.Status, Headers: a.Headers, Body: body, Fault: a.Fault, Why: a.Why}
}

// size is about what it adds to a Change.
func (a *httpAnswer) size() int {
	if a == nil {
		return 0
	}
	n := 192 + 2*len(a.Why) + (len(a.Raw)+2)/3*4
	for name, value := range a.Headers {
		n += 8 + len(name) + 2*len(value)
	}
	return n + jsonLen(a.Body)
}

// jsonLen is how long a text is in JSON without its quotes.
func jsonLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c == '\n', c == '\r', c == '\t':
			n++
		case c < ' ':
			n += 5
		case c == 0xe2: // U+2028 and U+2029 are escaped
			n += 3
		}
	}
	return n
}

// address names what a request goes to, without its query.
func address(r *http.Request) string {
	u, err := fetch.ParseURL(r.URL)
	if err != nil {
		return r.Method
	}
	return cut(r.Method+" "+u.Host+u.EscapedPath(), 256)
}

// Fetch gives the answer to a reading request of a script.
func (p *port) Fetch(r http.Request) (fetch.Answer, error) {
	key, err := encode(r)
	if err != nil {
		return fetch.Answer{}, fmt.Errorf("encode the request: %w", err)
	}
	if len(key) > maxRequest {
		return fetch.Answer{}, fmt.Errorf("the request is longer than %d KB", maxRequest>>10)
	}
	if most := p.d.reads(); !p.mayRead(string(key), most) {
		a := &httpAnswer{Fault: fetch.Timeout, Why: fmt.Sprintf("a decision reads from %d addresses at most", most)}
		return a.answer(), p.fetched(&r, a)
	}
	a, err := p.ask(need{Kind: needHTTP, Key: string(key)})
	if err != nil {
		return fetch.Answer{}, err
	}
	return a.HTTP.answer(), p.fetched(&r, a.HTTP)
}

// reads is how many different requests the decision may make.
func (d *decision) reads() int { return cmp.Or(d.maxReads, maxReads) }

// mayRead reports whether a request is among the first that the decision has asked for; where plugins are asked one after the other, that
// this plugin has.
func (p *port) mayRead(key string, most int) bool {
	if !p.d.looks {
		return p.d.memory.mayRead(key, most)
	}
	if !p.read[key] && len(p.read) >= most {
		return false
	}
	if p.read == nil {
		p.read = map[string]bool{}
	}
	p.read[key] = true
	return true
}

// mayRead reports whether a request is among the first that the decision has asked for.
func (m *memory) mayRead(key string, most int) bool {
	asked := map[string]bool{key: true}
	for i := range m.answers[:m.asked] {
		if a := &m.answers[i]; a.Kind == needHTTP {
			asked[a.Key] = true
		}
	}
	return len(asked) <= most
}

// fetched notes what was read.
func (p *port) fetched(r *http.Request, a *httpAnswer) error {
	value, err := encode(struct {
		Status int   `json:"status,omitempty"`
		MS     int64 `json:"ms"`
		Bytes  int   `json:"bytes"`
		Cached bool  `json:"cached,omitempty"`
	}{a.Status, a.MS, len(a.Body) + len(a.Raw), a.Cached})
	if err != nil {
		return fmt.Errorf("encode what was read: %w", err)
	}
	e := store.Entry{Kind: store.Fetched, Name: address(r), Value: value}
	if a.Fault != "" {
		e.Why = string(a.Fault) + ": " + a.Why
	}
	return p.enter(e)
}

// enter notes an entry of the script's; what it has set before is noted before.
func (p *port) enter(e store.Entry) error {
	e.Flow = p.flow.Name
	if s := p.d.scripts[p.flow]; s != nil && s.call != nil {
		if err := s.call.keep(); err != nil {
			return err
		}
	}
	return p.d.draft.add(e)
}

// get makes the request of a need. A request that was made already for this decision is not made again: its answer may have been
// forgotten because something else has changed meanwhile.
func (f *fetcher) get(ctx context.Context, n need) (*httpAnswer, error) {
	if a := f.web[n.Key]; a != nil {
		return a, nil
	}
	var r http.Request
	if err := json.Unmarshal([]byte(n.Key), &r); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	acc, err := f.engine.account(f.account)
	if err != nil {
		return nil, err
	}
	all := cmp.Or(f.readsLimit, readsLimit)
	limit := min(readLimit, all-f.spent)
	if limit <= 0 {
		return &httpAnswer{Fault: fetch.Timeout, Why: fmt.Sprintf("what the decision has read before took %s already", all)}, nil
	}
	begun := time.Now()
	a, err := f.engine.request(ctx, acc, errand{Request: r, limit: limit, cacheKey: f.account + "\n" + n.Key})
	if err != nil {
		return nil, err
	}
	f.spent += time.Since(begun)
	if f.web == nil {
		f.web = map[string]*httpAnswer{}
	}
	f.web[n.Key] = a
	return a, nil
}

// errand is a request on its way out.
type errand struct {
	http.Request
	limit    time.Duration
	cacheKey string
	key      string // Idempotency-Key
}

// request makes a request with the hosts and secrets of now. What goes wrong on the way is an answer; the error is ctx's or ours.
func (e *Engine) request(ctx context.Context, acc *Account, o errand) (*httpAnswer, error) {
	allow, err := e.mayReach(ctx, acc, o.Plugin, o.Version)
	if err != nil {
		return nil, err
	}
	s := e.secretsOf(acc, o.Plugin)
	r, err := s.open(&o.Request)
	if missing := new(missingSecret); errors.As(err, &missing) {
		return &httpAnswer{Fault: fetch.Denied, Why: missing.Error()}, nil
	}
	if errors.Is(err, errLongURL) {
		return &httpAnswer{Fault: fetch.Denied, Why: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	r.Cache, r.CacheKey, r.Key, r.By = o.Cache, o.cacheKey, o.key, acc.Name+"\n"+o.Plugin
	a := e.fetch.Do(ctx, r, allow, o.limit)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return remember(a, s.mask()), nil
}

// mayReach gives the hosts that the scripts of an account, or one of its plugins, may reach.
func (e *Engine) mayReach(ctx context.Context, acc *Account, plugin string, version int) ([]fetch.Rule, error) {
	account := rules(acc.HTTPAllow)
	if plugin == "" || len(account) == 0 {
		return account, nil
	}
	p, err := e.library.host.Plugin(ctx, plugin, version, nil)
	if err != nil {
		return nil, fmt.Errorf("load plugin %s for its hosts: %w", plugin, err)
	}
	return fetch.Narrow(account, rules(p.Hosts)), nil
}

// rules reads hosts. What is none, allows none: it was found when it was written.
func rules(hosts []string) (out []fetch.Rule) {
	for _, h := range hosts {
		if r, err := fetch.ParseRule(h); err == nil {
			out = append(out, r)
		}
	}
	return out
}

// CheckHosts says what is wrong with the hosts that scripts may reach.
func (a *Account) CheckHosts() error {
	for _, h := range a.HTTPAllow {
		if _, err := fetch.ParseRule(h); err != nil {
			return fmt.Errorf("http_allow: %w", err)
		}
	}
	return nil
}

// openAll opens texts by name.
func (s *secrets) openAll(texts map[string]http.Sealed) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		var err error
		if out[name], err = s.text(texts[name]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
