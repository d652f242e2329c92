package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const tokenPath = "/cgi-bin/stable_token"

const (
	// In the last five minutes of a token's life the platform makes the next one, and both are good; before that it
	// gives the old one again. So asking four minutes ahead gets a new one while the old one still works.
	// Source: developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
	refreshAhead = 4 * time.Minute
	refreshPause = 10 * time.Second // after asking ahead has failed
)

// fetchToken asks for the account's token. stable_token, unlike the older call, does not end the life of the token that
// another process holds.
func (c *Client) fetchToken(ctx context.Context) (token string, life time.Duration, err error) {
	body, err := encode(map[string]string{"grant_type": "client_credential", "appid": c.appID, "secret": c.secret})
	if err != nil {
		return "", 0, err
	}
	var out struct {
		Token     string `json:"access_token"`
		ExpiresIn int64  `json:"expires_in"`
	}
	err = c.roundTrip(ctx, http.MethodPost, tokenPath, url.Values{}, body, &out)
	if refused := new(Error); errors.As(err, &refused) && isTokenCode(refused.Code) {
		refused.Class = Configuration // here these say that AppID and secret do not fit
	}
	if err == nil && (out.Token == "" || out.ExpiresIn <= 0) {
		err = &noAnswer{api: tokenPath, sent: true, err: errors.New("the answer holds no access_token")}
	}
	return out.Token, time.Duration(out.ExpiresIn) * time.Second, err
}

// tokenKeeper holds the token and lets one goroutine at a time ask for another. Its times are those of the account's clock,
// since the platform's clock may be a simulated one.
type tokenKeeper struct {
	now    func() time.Time
	fetch  func(context.Context) (string, time.Duration, error)
	logger *slog.Logger

	mu      sync.Mutex
	token   string
	refresh time.Time // from here on it is asked for ahead
	expires time.Time
	flight  *flight
}

// flight is one request for a token and all who wait for it.
type flight struct {
	done  chan struct{}
	token string
	err   error
}

// get returns a token that is good by the clock. One that nears its end is returned too, while the next one is asked for.
func (k *tokenKeeper) get(ctx context.Context) (string, error) {
	k.mu.Lock()
	now := k.now()
	token, good := k.token, k.token != "" && now.Before(k.expires)
	if good && now.Before(k.refresh) {
		k.mu.Unlock()
		return token, nil
	}
	f := k.start()
	k.mu.Unlock()
	if good {
		return token, nil
	}
	return f.wait(ctx)
}

// renew returns another token than the refused one: that which has been fetched since, or a new one.
func (k *tokenKeeper) renew(ctx context.Context, refused string) (string, error) {
	k.mu.Lock()
	if k.token != "" && k.token != refused {
		defer k.mu.Unlock()
		return k.token, nil
	}
	k.token = ""
	f := k.start()
	k.mu.Unlock()
	return f.wait(ctx)
}

// start joins the request under way or makes one. It does not end with the caller's context: others wait for it, too.
func (k *tokenKeeper) start() *flight {
	if k.flight != nil {
		return k.flight
	}
	f := &flight{done: make(chan struct{})}
	k.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), callTime)
		defer cancel()
		token, life, err := k.fetch(ctx)
		k.land(f, token, life, err)
	}()
	return f
}

func (k *tokenKeeper) land(f *flight, token string, life time.Duration, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if err != nil {
		k.logger.Warn("no access token", "err", err)
		k.refresh = now.Add(refreshPause)
	} else {
		k.token, k.expires = token, now.Add(life)
		k.refresh = k.expires.Add(-min(refreshAhead, life/2))
	}
	f.token, f.err = token, err
	k.flight = nil
	close(f.done)
}

func (f *flight) wait(ctx context.Context) (string, error) {
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
