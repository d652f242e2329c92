package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// simulated is a client of the played platform, which checks every request by the platform's pages and shares no types with
// the client. control calls a path under /sim and returns its answer.
func simulated(t *testing.T) (c *api.Client, control func(method, path, body string) string) {
	t.Helper()
	sim, err := simulator.New(simulator.Config{
		Accounts: []simulator.Account{{Name: "shop", Type: "service", AppID: appID, AppSecret: secret, Token: "pamtest", Verified: true, Templates: []string{"T1"}}},
		Start:    time.Unix(1700000000, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	control = func(method, path, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/sim/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", path, body, resp.StatusCode, text, err)
		}
		return string(text)
	}
	return api.New(api.Config{AppID: appID, Secret: secret, BaseURL: server.URL, Now: sim.Now}), control
}

func fault(code int) string {
	return fmt.Sprintf(`{"on":"api","path":"/cgi-bin/message/custom/send","errcode":%d,"count":1}`, code)
}

func wantCode(t *testing.T, err error, code int, class api.Class) {
	t.Helper()
	got := new(api.Error)
	if !errors.As(err, &got) || got.Code != code || got.Class != class || got.RID == "" {
		t.Errorf("error = %v (class %q), want errcode %d (%q) with a rid", err, got.Class, code, class)
	}
}

func TestMessagesToTheSimulator(t *testing.T) {
	c, control := simulated(t)
	ctx := t.Context()
	wantCode(t, c.SendCustom(ctx, "nobody", hello()), 40003, api.User)
	for _, fan := range []string{"oA", "oB"} {
		control("POST", appID+"/fans/"+fan+"/do", `{"text":"hi"}`)
	}
	article := wechat.Article{Title: "t", URL: "https://example.com/?a=1&b=<2>"}
	for _, m := range []wechat.Outgoing{{Text: "好 <a href=\"x?a&b\">\u2028"}, {Articles: []wechat.Article{article}}} {
		if err := c.SendCustom(ctx, "oA", m); err != nil {
			t.Error(err)
		}
	}
	refused := new(api.Error)
	if err := c.SendCustom(ctx, "oA", wechat.Outgoing{Articles: []wechat.Article{article, article}}); !errors.As(err, &refused) || refused.Class != api.Payload {
		t.Errorf("two articles: %v", err)
	}

	template := wechat.Template{URL: "https://example.com/", Data: map[string]string{"thing1": "春季新人券", "time2": "2026-11-08 22:00"}}
	first, err := c.SendTemplate(ctx, "oA", "T1", template, "job-1")
	if err != nil || first == 0 {
		t.Errorf("SendTemplate = %d, %v", first, err)
	}
	if again, err := c.SendTemplate(ctx, "oA", "T1", template, "job-1"); err != nil && !isDuplicate(err) {
		t.Errorf("SendTemplate again = %d, %v", again, err)
	}
	_, err = c.SendTemplate(ctx, "oA", "T2", template, "job-2")
	wantCode(t, err, 40037, api.Configuration)
	_, err = c.SendTemplate(ctx, "oA", "T1", wechat.Template{Data: map[string]string{"thing1": strings.Repeat("好", 21)}}, "job-3")
	wantCode(t, err, 47003, api.Payload)
	wantCode(t, c.SendNotice(ctx, "oA", "T1", template), 43101, api.User)

	sent, err := c.MassByOpenIDs(ctx, []string{"oA", "oB"}, hello(), "b-1")
	if err != nil || sent.MsgID == 0 || sent.Duplicate {
		t.Errorf("MassByOpenIDs = %+v, %v", sent, err)
	}
	if again, err := c.MassByOpenIDs(ctx, []string{"oA", "oB"}, hello(), "b-1"); err != nil || !again.Duplicate || again.MsgID != sent.MsgID {
		t.Errorf("MassByOpenIDs again = %+v, %v, want a duplicate of %d", again, err, sent.MsgID)
	}

	var inbox struct{ Items []simulator.Item }
	if err := json.Unmarshal([]byte(control("GET", appID+"/fans/oA/inbox", "")), &inbox); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, item := range inbox.Items {
		counts[item.Kind]++
		if item.Kind == "customer" && item.MsgType == "text" && item.Content != "好 <a href=\"x?a&b\">\u2028" {
			t.Errorf("the fan reads %q", item.Content)
		}
		if len(item.Articles) > 0 && item.Articles[0].URL != article.URL {
			t.Errorf("the article leads to %q", item.Articles[0].URL)
		}
	}
	if counts["customer"] != 2 || counts["template"] != 1 || counts["mass"] != 1 {
		t.Errorf("inbox = %v", counts)
	}
}

func isDuplicate(err error) bool {
	refused := new(api.Error)
	return errors.As(err, &refused) && refused.Class == api.Duplicate
}

func TestTagsAndUsersOfTheSimulator(t *testing.T) {
	c, control := simulated(t)
	ctx := t.Context()
	for _, fan := range []string{"oA", "oB"} {
		control("POST", appID+"/fans/"+fan+"/do", `{"subscribe":{"scene":"store-1"}}`)
	}
	tag, err := c.CreateTag(ctx, "新<粉丝>")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateTag(ctx, "新<粉丝>")
	wantCode(t, err, 45157, api.Payload)
	if err := c.TagFans(ctx, tag.ID, []string{"oA", "oB"}); err != nil {
		t.Error(err)
	}
	if err := c.UntagFans(ctx, tag.ID, []string{"oB"}); err != nil {
		t.Error(err)
	}
	found := false
	tags, err := c.Tags(ctx)
	for _, one := range tags {
		found = found || one == api.Tag{ID: tag.ID, Name: "新<粉丝>", Count: 1}
	}
	if err != nil || !found {
		t.Errorf("Tags = %+v, %v", tags, err)
	}
	u, err := c.User(ctx, "oA")
	if err != nil || !u.Subscribed || u.SubscribedAt.Unix() < 1700000000 || u.QRSceneStr != "store-1" || len(u.TagIDs) != 1 || u.TagIDs[0] != tag.ID {
		t.Errorf("User = %+v, %v", u, err)
	}
	if sent, err := c.MassByTag(ctx, tag.ID, hello(), "b-1"); err != nil || sent.MsgID == 0 {
		t.Errorf("MassByTag = %+v, %v", sent, err)
	}
	_, err = c.MassByTag(ctx, 9999, hello(), "b-2")
	wantCode(t, err, 45159, api.Configuration)
}

func TestTokensOfTheSimulator(t *testing.T) {
	c, control := simulated(t)
	ctx := t.Context()
	control("POST", appID+"/fans/oA/do", `{"text":"hi"}`)
	send := func() error { return c.SendCustom(ctx, "oA", hello()) }
	if err := send(); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{40001, 40014, 42001} { // each of them is refused once and works then
		control("POST", appID+"/faults", fault(code))
		if err := send(); err != nil {
			t.Error(err)
		}
	}
	control("POST", "clock", `{"advance":"3h"}`) // the token is over on both sides
	if err := send(); err != nil {
		t.Error(err)
	}
	wantCode(t, send(), 45047, api.User) // the five of the window are used up

	control("POST", appID+"/faults", fault(45009))
	wantCode(t, send(), 45009, api.Quota)
	control("POST", appID+"/faults", `{"on":"api","path":"/cgi-bin/message/custom/send","reset":true,"count":1}`)
	if err := send(); !api.Ambiguous(err) {
		t.Errorf("connection cut: %v is not ambiguous", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := send(); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
