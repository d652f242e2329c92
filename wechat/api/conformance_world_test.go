package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// world is a played platform over a real socket, with a client for each of its accounts, and a server that takes their pushes.
type world struct {
	*testing.T
	server  *httptest.Server
	app     string // the row's account
	c       *api.Client
	clients map[string]*api.Client

	id   int64        // what arrange or call leave to the next
	text string       // the same
	web  api.WebToken // the same

	mu     sync.Mutex
	pushed []string // bodies of pushes
}

// newWorld starts at 10:00 in Shanghai on a Tuesday, the tenth of a month.
func newWorld(t *testing.T, on string, change func(*simulator.Config)) *world {
	t.Helper()
	if on == "" {
		on = shop
	}
	w := &world{T: t, app: on, clients: map[string]*api.Client{}}
	callback := httptest.NewServer(http.HandlerFunc(w.takePush))
	t.Cleanup(callback.Close)
	c := simulator.Config{Start: time.Date(2026, 11, 10, 2, 0, 0, 0, time.UTC), PublicURL: callback.URL, NoticeTime: time.Nanosecond, TaggingTime: -1}
	for _, a := range []simulator.Account{
		{AppID: shop, Type: "service", Verified: true},
		{AppID: paper, Type: "subscription", Verified: true},
		{AppID: smallShop, Type: "service"},
		{AppID: smallPaper, Type: "subscription"},
		{AppID: trial, Type: "service", Test: true},
	} {
		a.Name, a.AppSecret, a.Token, a.Templates = a.AppID, secret, "pamtest", []string{"T1"}
		c.Accounts = append(c.Accounts, a)
	}
	if change != nil {
		change(&c)
	}
	sim, err := simulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(sim)
	t.Cleanup(func() {
		w.server.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, a := range c.Accounts {
		w.clients[a.AppID] = api.New(api.Config{AppID: a.AppID, Secret: secret, BaseURL: w.server.URL, Now: sim.Now})
	}
	w.c = w.clients[on]
	return w
}

func (w *world) takePush(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pushed = append(w.pushed, string(body))
}

// pushes are the pushes so far that hold the text.
func (w *world) pushes(text string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.pushed), func(body string) bool { return !strings.Contains(body, text) })
}

// control makes a control call and returns its answer.
func (w *world) control(method, path, body string) string {
	w.Helper()
	status, text := w.request(method, "/sim/"+path, body)
	if status != http.StatusOK {
		w.Fatalf("%s %s %s: %d %s", method, path, body, status, text)
	}
	return text
}

func (w *world) request(method, path, body string) (status int, text string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // redirects are answers
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp.StatusCode, string(doc)
}

// do plays a fan of the row's account: {"text":"hi"}, {"subscribe":{}} …
func (w *world) do(fan, action string) {
	w.Helper()
	w.control("POST", w.app+"/fans/"+fan+"/do", action)
}

// follow makes fans.
func (w *world) follow(fans ...string) {
	w.Helper()
	for _, fan := range fans {
		w.do(fan, `{"subscribe":{}}`)
	}
}

func (w *world) advance(by string) {
	w.Helper()
	w.control("POST", "clock", `{"advance":"`+by+`"}`)
}

// rules sets what the platform decides about the row's account.
func (w *world) rules(body string) {
	w.Helper()
	w.control("POST", w.app+"/rules", body)
}

// refusing has the next call of the path end with the code; of a token code the next two, as the client renews the token once.
func refusing(path string, code int) func(*world) {
	return func(w *world) {
		w.Helper()
		w.control("POST", w.app+"/faults", fmt.Sprintf(`{"on":"api","path":%q,"errcode":%d,"count":2}`, path, code))
	}
}

// token is a stable token of the row's account, asked for without the client.
func (w *world) token() string {
	w.Helper()
	_, text := w.request("POST", "/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, w.app, secret))
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil || out.Token == "" {
		w.Fatal(text, err)
	}
	return out.Token
}

// rawError is the platform's answer to a call that the client would not make so.
type rawError struct {
	Code int            `json:"errcode"`
	Msg  string         `json:"errmsg"`
	doc  map[string]any // all of the answer
}

func (e *rawError) Error() string { return fmt.Sprintf("errcode %d: %s", e.Code, e.Msg) }

// raw calls the platform without the client; a token is added to a path that has none. nil stands for errcode 0.
func (w *world) raw(method, path, body string) error {
	w.Helper()
	_, err := w.answer(method, path, body)
	return err
}

func (w *world) answer(method, path, body string) (map[string]any, error) {
	w.Helper()
	u, err := url.Parse(path)
	if err != nil {
		w.Fatal(err)
	}
	if q := u.Query(); !q.Has("access_token") {
		q.Set("access_token", w.token())
		u.RawQuery = q.Encode()
	}
	return w.public(method, u.String(), body)
}

// public is answer without a token.
func (w *world) public(method, path, body string) (map[string]any, error) {
	w.Helper()
	status, text := w.request(method, path, body)
	refused := new(rawError)
	if err := json.Unmarshal([]byte(text), refused); err != nil || status != http.StatusOK {
		w.Fatalf("%s %s: %d %.200s %v", method, path, status, text, err)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&refused.doc); err != nil {
		w.Fatal(err)
	}
	if refused.Code != 0 {
		return refused.doc, refused
	}
	return refused.doc, nil
}

// inbox is what a fan of the row's account received.
func (w *world) inbox(fan string) []simulator.Item {
	w.Helper()
	var out struct{ Items []simulator.Item }
	if err := json.Unmarshal([]byte(w.control("GET", w.app+"/fans/"+fan+"/inbox", "")), &out); err != nil {
		w.Fatal(err)
	}
	return out.Items
}

// last is the newest item in the fan's inbox.
func (w *world) last(fan string) simulator.Item {
	w.Helper()
	items := w.inbox(fan)
	if len(items) == 0 {
		w.Fatalf("%s has received nothing", fan)
	}
	return items[len(items)-1]
}

// nothingFor holds that the fan has received nothing.
func nothingFor(fan string) func(*world) {
	return func(w *world) {
		w.Helper()
		if items := w.inbox(fan); len(items) > 0 {
			w.Errorf("%s received %+v", fan, items)
		}
	}
}

// quota is what quota/get tells of a path.
func (w *world) quota(path string) api.APIQuota {
	w.Helper()
	q, err := w.c.APIQuota(w.Context(), path)
	w.must(err)
	return q
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) same(what string, want, got any) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// media uploads a file of the kind and returns its media id.
func (w *world) media(kind api.MediaType) string {
	w.Helper()
	content := map[api.MediaType]api.File{
		api.MediaImage: file("a.jpg", "\xff\xd8\xff\xe0 a picture"),
		api.MediaThumb: file("a.jpg", "\xff\xd8\xff\xe0 a thumb"),
		api.MediaVoice: file("a.amr", "#!AMR\n"+strings.Repeat("\x7c", 50)),
		api.MediaVideo: file("a.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"),
	}
	up, err := w.c.UploadMedia(w.Context(), kind, content[kind])
	w.must(err)
	return up.ID
}

// draft makes a draft of one article for each title and returns its media id.
func (w *world) draft(titles ...string) string {
	w.Helper()
	thumb, err := w.c.AddMaterial(w.Context(), api.MediaThumb, file("a.jpg", "\xff\xd8\xff\xe0 a thumb"))
	w.must(err)
	var articles []api.Article
	for _, title := range titles {
		articles = append(articles, api.Article{Title: title, Content: "<p>好</p>", ThumbMediaID: thumb.ID})
	}
	id, err := w.c.AddDraft(w.Context(), articles)
	w.must(err)
	return id
}
