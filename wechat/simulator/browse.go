package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"
)

// kindPage is what a fan sees who opened a web page: it is nothing that the fan received, so it stands in no inbox.
const kindPage = "page"

// openAction is a web page that the fan opens in WeChat's browser.
type openAction struct {
	URL      string `json:"url"`
	Snapshot bool   `json:"snapshot"` // as a snapshot, which WeChat shows of some pages
	Deny     bool   `json:"deny"`     // does not let the page have the profile
}

func (o *openAction) UnmarshalJSON(b []byte) error {
	type plain openAction
	return stringOr(b, &o.URL, (*plain)(o))
}

const (
	maxHops    = 10
	maxPage    = 4096 // bytes of a page that are shown
	pageWait   = 30 * time.Second
	phoneAgent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Mobile MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN"
)

// browse opens a page and follows where it leads: the authorize page of open.weixin.qq.com is played here, whatever host the
// address names; all else is fetched. Cookies live for one visit. No lock may be held.
func (s *Server) browse(ctx context.Context, a *account, openID string, o openAction) ([]*Item, error) {
	at, err := url.Parse(o.URL)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("open: %q is no address of a page", o.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	ctx = context.WithValue(ctx, visitorKey{}, visitor{openID: openID, snapshot: o.Snapshot, deny: o.Deny})
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	for range maxHops {
		res, err := s.visit(ctx, jar, at)
		if err != nil {
			return nil, fmt.Errorf("open: %w", plainError(err))
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return nil, fmt.Errorf("open: read the page: %w", plainError(err))
		}
		jar.SetCookies(at, res.Cookies())
		next, err := res.Location()
		if err != nil || res.StatusCode < 300 || res.StatusCode > 399 {
			return []*Item{s.page(a, at, res.StatusCode, body)}, nil
		}
		at = next
	}
	return nil, fmt.Errorf("open: the page leads from one address to another more than %d times", maxHops)
}

// page is the Item of a page.
func (s *Server) page(a *account, at *url.URL, status int, body []byte) *Item {
	item := &Item{Kind: kindPage, At: stamp(s.Now()), URL: at.String(), Content: string(bytes.ToValidUTF8(body, nil))}
	if status != http.StatusOK {
		item.Why = fmt.Sprintf("HTTP %d", status)
	}
	s.cfg.Logger.Debug("a fan opened a page", "account", a.Name, "host", at.Host, "status", status)
	return item
}

// authorizePath is where the authorize page is.
const authorizePath = "/connect/oauth2/authorize"

// visit gets one address.
func (s *Server) visit(ctx context.Context, jar http.CookieJar, at *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	if at.Path == authorizePath {
		if at.Fragment != "wechat_redirect" {
			return nil, errors.New("the address of the authorize page must end with #wechat_redirect")
		}
		played := &playedPage{header: http.Header{}, status: http.StatusOK}
		if err := s.servePlayed(played, req); err != nil {
			return nil, err
		}
		return &http.Response{
			StatusCode: played.status, Header: played.header, Body: io.NopCloser(&played.body), Request: req,
		}, nil
	}
	req.Header.Set("User-Agent", phoneAgent)
	for _, cookie := range jar.Cookies(at) {
		req.AddCookie(cookie)
	}
	client := *s.cfg.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(req)
}

// servePlayed answers a page of the platform's. A fault may end it without an answer.
func (s *Server) servePlayed(w *playedPage, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			err = errors.New("the connection ended before the page had come")
		default:
			panic(v)
		}
	}()
	s.serveAPI(w, r)
	return nil
}

// playedPage takes what a page of the platform's answers.
type playedPage struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *playedPage) Header() http.Header         { return p.header }
func (p *playedPage) WriteHeader(status int)      { p.status = status }
func (p *playedPage) Write(b []byte) (int, error) { return p.body.Write(b) }
