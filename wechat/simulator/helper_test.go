package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"fanflow/wechat/crypt"
	"fanflow/wechat/simulator"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "an app secret"
	token    = "pamtest"
	aesKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	template = "TEMPLATE"
)

// service is an account of the kind that may do everything.
func service() simulator.Account {
	return simulator.Account{
		Name: "shop", Type: "service", AppID: appID, AppSecret: secret, Token: token, Verified: true, Templates: []string{template},
	}
}

// platform is a simulator on a socket, and the little service that it pushes to.
type platform struct {
	t    *testing.T
	sim  *simulator.Server
	url  string
	back *callback
}

// start plays c, with one service account and a callback unless c says otherwise.
func start(t *testing.T, c simulator.Config) *platform {
	t.Helper()
	if c.Accounts == nil {
		c.Accounts = []simulator.Account{service()}
	}
	p := &platform{t: t, back: &callback{t: t, account: c.Accounts[0]}}
	hooks := httptest.NewServer(p.back)
	t.Cleanup(hooks.Close)
	c.PublicURL = hooks.URL
	sim, err := simulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.sim = sim
	server := httptest.NewServer(sim)
	p.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections() // long polls
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return p
}

// run lets result events come by themselves until the test ends.
func (p *platform) run() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.sim.Run(ctx) }()
	p.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
}

// object is a JSON object whose numbers keep all their digits.
type object map[string]any

func (o object) code() int {
	if o["errcode"] == nil {
		return 0
	}
	n, _ := o["errcode"].(json.Number).Int64()
	return int(n)
}

func (o object) text(key string) string {
	if o[key] == nil {
		return ""
	}
	return fmt.Sprint(o[key])
}

func (p *platform) request(method, path, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func decode(t *testing.T, text string) object {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var o object
	if err := dec.Decode(&o); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return o
}

// control makes a control call that must succeed.
func (p *platform) control(method, path, body string) object {
	p.t.Helper()
	status, text := p.request(method, "/sim/"+path, body)
	if status != http.StatusOK {
		p.t.Fatalf("%s /sim/%s %s: %d %s", method, path, body, status, text)
	}
	return decode(p.t, text)
}

// do plays the fan and returns what the fan sees, as kind:content.
func (p *platform) do(openID, action string) []string {
	p.t.Helper()
	return lines(p.control("POST", appID+"/fans/"+openID+"/do", action)["seen"])
}

func (p *platform) inbox(openID string) []string {
	p.t.Helper()
	return lines(p.control("GET", appID+"/fans/"+openID+"/inbox", "")["items"])
}

// lines makes a readable line of each inbox item.
func lines(items any) []string {
	list := []string{}
	for _, v := range items.([]any) {
		item := object(v.(map[string]any))
		line := item.text("kind") + ":" + item.text("content")
		if articles, ok := item["articles"].([]any); ok {
			line += fmt.Sprintf("%d articles", len(articles))
		}
		if item.text("template_id") != "" {
			line += fmt.Sprint(item["data"])
		}
		list = append(list, line)
	}
	return list
}

func (p *platform) advance(span string) {
	p.t.Helper()
	p.control("POST", "clock", `{"advance":"`+span+`"}`)
}

// token gets an access token.
func (p *platform) token() string {
	p.t.Helper()
	o := p.api("GET", "token?grant_type=client_credential&appid="+appID+"&secret="+strings.ReplaceAll(secret, " ", "%20"), "")
	if o.text("access_token") == "" {
		p.t.Fatalf("no token: %v", o)
	}
	return o.text("access_token")
}

// api calls the server API with what stands in path.
func (p *platform) api(method, path, body string) object {
	p.t.Helper()
	status, text := p.request(method, "/cgi-bin/"+path, body)
	if status != http.StatusOK {
		p.t.Fatalf("%s %s: HTTP %d %s", method, path, status, text)
	}
	if strings.HasSuffix(text, "\n") {
		p.t.Errorf("%s %s: the answer ends with a line feed", method, path)
	}
	o := decode(p.t, text)
	if o.code() != 0 && !strings.Contains(o.text("errmsg"), " rid: ") {
		p.t.Errorf("%s %s: errmsg %q has no rid", method, path, o.text("errmsg"))
	}
	return o
}

// post calls the server API with a token.
func (p *platform) post(path, token, body string) object {
	p.t.Helper()
	return p.api("POST", path+"?access_token="+token, body)
}

// want fails unless the answer has the code.
func (p *platform) want(o object, code int) object {
	p.t.Helper()
	if o.code() != code {
		p.t.Fatalf("errcode %d, want %d: %v", o.code(), code, o)
	}
	return o
}

// received is one delivery at the callback.
type received struct {
	query map[string]string
	field map[string]string // the children of the document, after decryption
	plain bool              // whether the clear fields stood beside the envelope, or alone
	doc   string
	raw   string // the query as it came
	agent string // User-Agent
}

// callback is a small service of its own: it checks signatures and answers what the test says.
type callback struct {
	t       *testing.T
	account simulator.Account

	mu     sync.Mutex
	got    []received
	answer func(r received, n int) string // n counts all deliveries from 1; "hang" holds the request; a number is a status
	echo   string                         // what a GET is answered, instead of the echostr
}

func (c *callback) deliveries() []received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]received{}, c.got...)
}

func (c *callback) reply(answer func(r received, n int) string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.got = answer, nil
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := map[string]string{}
	for k := range r.URL.Query() {
		q[k] = r.URL.Query().Get(k)
	}
	if r.URL.Path != "/callback/"+c.account.Name || !crypt.Verify(q["signature"], c.account.Token, q["timestamp"], q["nonce"]) {
		http.Error(w, "bad signature", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodGet {
		io.WriteString(w, q["echostr"]+c.echo)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got, err := c.open(q, body)
	got.raw, got.agent = r.URL.RawQuery, r.UserAgent()
	if err != nil {
		c.t.Errorf("push %s: %v", body, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.got = append(c.got, got)
	n, answer := len(c.got), c.answer
	c.mu.Unlock()
	if answer == nil {
		io.WriteString(w, "success")
		return
	}
	switch text := answer(got, n); text {
	case "hang":
		<-r.Context().Done()
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		io.WriteString(w, text)
	}
}

// open reads a push as the platform's pages describe it.
func (c *callback) open(q map[string]string, body []byte) (received, error) {
	got := received{query: q, field: fields(body), doc: string(body)}
	got.plain = got.field["MsgType"] != ""
	sealed := got.field["Encrypt"]
	if sealed == "" {
		return got, nil
	}
	if q["encrypt_type"] != "aes" || !crypt.Verify(q["msg_signature"], c.account.Token, q["timestamp"], q["nonce"], sealed) {
		return got, fmt.Errorf("bad msg_signature")
	}
	key, err := crypt.ParseKey(c.account.AESKey)
	if err != nil {
		return got, err
	}
	doc, err := key.Open(sealed, c.account.AppID)
	got.doc, got.field = string(doc), fields(doc)
	return got, err
}

// fields reads the children of a flat document, and of nested ones the last level.
func fields(doc []byte) map[string]string {
	m := map[string]string{}
	dec := xml.NewDecoder(bytes.NewReader(doc))
	name := ""
	for {
		t, err := dec.Token()
		if err != nil {
			return m
		}
		switch t := t.(type) {
		case xml.StartElement:
			name = t.Name.Local
		case xml.CharData:
			if name != "" {
				m[name] = string(t)
			}
		case xml.EndElement:
			if _, ok := m[name]; !ok && name != "" {
				m[name] = ""
			}
			name = ""
		}
	}
}

// replyXML is a text reply to a delivery.
func replyXML(r received, content string) string {
	return replyHead(r, "text") + "<Content><![CDATA[" + content + "]]></Content></xml>"
}

func replyHead(r received, kind string) string {
	return "<xml><ToUserName><![CDATA[" + r.field["FromUserName"] + "]]></ToUserName><FromUserName><![CDATA[" + r.field["ToUserName"] +
		"]]></FromUserName><CreateTime>" + r.field["CreateTime"] + "</CreateTime><MsgType><![CDATA[" + kind + "]]></MsgType>"
}

// seal is the envelope of a reply.
func seal(t *testing.T, reply, appID, token string) string {
	key, err := crypt.ParseKey(aesKey)
	if err != nil {
		t.Error(err)
		return ""
	}
	sealed, err := key.Seal([]byte(reply), appID)
	if err != nil {
		t.Error(err)
	}
	return "<xml><Encrypt><![CDATA[" + sealed + "]]></Encrypt><MsgSignature><![CDATA[" + crypt.Signature(token, "1700000000", "n1", sealed) +
		"]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n1]]></Nonce></xml>"
}

// serve puts a simulator without a callback on a socket.
func serve(t *testing.T, sim *simulator.Server) *platform {
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &platform{t: t, sim: sim, url: server.URL}
}
