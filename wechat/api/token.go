package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	tokenPath      = "/cgi-bin/stable_token"
	plainTokenPath = "/cgi-bin/token"
)

const (
	// In the last five minutes of a token's life the platform makes the next one, and both are good; before that it
	// gives the old one again. So asking four minutes ahead gets a new one while the old one still works.
	// Source: developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
	refreshAhead = 4 * time.Minute
	refreshPause = 10 * time.Second // after asking ahead has failed
	storeTime    = 2 * time.Second  // of one call of the TokenStore; wall time

	// The refusal of a token that is of class Configuration (40164, 40125, 40243 …) is kept so long: calls meanwhile end with it, and
	// the platform is not asked again for each of them. ForceRefresh ends it, and so does another token in the TokenStore. Wall time:
	// a simulated clock may stand still.
	refusalTime = 10 * time.Second
)

// AccessToken is an access token as a TokenStore keeps it. It opens the whole account: keep it where the AppSecret may be kept.
type AccessToken struct {
	Value   string    `json:"value"`
	Expires time.Time `json:"expires"` // by the clock of the Client that saved it, which is the platform's
	// Owner is a digest of AppID, AppSecret and API address, hex. A Client takes no token of another Owner, so a changed
	// secret, another account, or the simulator beside the real platform never share one. The secret cannot be told from it.
	Owner string `json:"owner"`
}

// String hides the token from logs.
func (t AccessToken) String() string {
	return "access token until " + t.Expires.UTC().Format(time.RFC3339)
}

// GoString hides it, too.
func (t AccessToken) GoString() string { return t.String() }

// LogValue hides it from handlers that log JSON.
func (t AccessToken) LogValue() slog.Value { return slog.StringValue(t.String()) }

// TokenStore shares the access token of one account between restarts and between processes. It is called by one goroutine of
// a Client at a time and given two seconds. Its errors are logged; the Client goes on without it.
//
// It is no lock: two processes that start at the same moment both ask the platform, which gives both the same token
// (with Config.PlainToken a new one each; the older is then refused soon, and the newer one found in the store).
type TokenStore interface {
	// Load gives the token that was saved last, by whomever; the zero AccessToken where none was.
	Load(ctx context.Context) (AccessToken, error)
	// Save keeps the token instead of the one before.
	Save(ctx context.Context, t AccessToken) error
}

// ForceRefresh has the platform end the life of the current token at once and give another: for an operator who thinks that
// it has leaked. The platform allows that 20 times a day and gives the old token again within 30 seconds of the last time. Other
// processes find the new token in the TokenStore once theirs is refused. With Config.PlainToken it is an ordinary
// call for a token, after which the platform takes the old one for about five minutes more.
//
// Where the platform refused a token for a reason that an operator has to end (class Configuration: the secret, the address that is
// not on the list), a Client asks again after ten seconds of wall time at the earliest; this call asks at once.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
func (c *Client) ForceRefresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := c.token.force(ctx); err != nil {
		return fmt.Errorf("force another access token: %w", err)
	}
	return nil
}

// fetchToken asks for the account's token. stable_token, unlike the older call, does not end the life of the token that
// another process holds.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken and …/api_getstableaccesstoken
func (c *Client) fetchToken(ctx context.Context, force bool) (token string, life time.Duration, err error) {
	var out struct {
		Token     string   `json:"access_token"`
		ExpiresIn looseInt `json:"expires_in"`
	}
	path := tokenPath
	if c.plainToken {
		path = plainTokenPath
		query := url.Values{"grant_type": {"client_credential"}, "appid": {c.appID}, "secret": {c.secret}}
		err = c.roundTrip(ctx, http.MethodGet, path, query, nil, &out)
	} else {
		in := map[string]any{"grant_type": "client_credential", "appid": c.appID, "secret": c.secret}
		if force {
			in["force_refresh"] = true
		}
		var body []byte
		if body, err = encode(in); err != nil {
			return "", 0, err
		}
		err = c.roundTrip(ctx, http.MethodPost, path, url.Values{}, body, &out)
	}
	if refused := new(Error); errors.As(err, &refused) && isTokenCode(refused.Code) {
		refused.Class = Configuration // here these say that AppID and secret do not fit
	}
	if err == nil && (out.Token == "" || out.ExpiresIn <= 0) {
		err = &noAnswer{api: path, sent: true, err: errors.New("the answer holds no access_token")}
	}
	return out.Token, out.ExpiresIn.seconds(), err
}

// isTokenCall reports whether a path is one by which tokens are got.
func isTokenCall(path string) bool { return path == tokenPath || path == plainTokenPath }

// tokenOwner is AccessToken.Owner of an account. An HMAC under the secret tells nothing of it.
func tokenOwner(appID, secret, base string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s\x00%s", appID, base)
	return hex.EncodeToString(mac.Sum(nil))
}

// tokenKeeper holds the token and lets one goroutine at a time ask for another. Its times are those of the account's clock,
// since the platform's clock may be a simulated one.
type tokenKeeper struct {
	now    func() time.Time
	fetch  func(ctx context.Context, force bool) (string, time.Duration, error)
	store  TokenStore // nil: memory only
	owner  string     // of the tokens that may be taken from the store
	keeps  bool       // refusals of class Configuration, for refusalTime
	what   string     // for the log
	logger *slog.Logger

	mu      sync.Mutex
	token   string
	refresh time.Time // from here on it is asked for ahead
	expires time.Time
	flight  *flight

	refused   error // of the flight's goroutine alone, as refusedAt
	refusedAt time.Time
}

// flight is one request for a token and all who wait for it.
type flight struct {
	forced bool
	done   chan struct{}
	token  string
	err    error
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
	f := k.start(false, AccessToken{Value: k.token, Expires: k.expires})
	k.mu.Unlock()
	if good {
		return token, nil
	}
	return f.wait(ctx)
}

// renew returns another token than the refused one: that which has been fetched since, here or by another process, or a new one.
func (k *tokenKeeper) renew(ctx context.Context, refused string) (string, error) {
	k.mu.Lock()
	if k.token != "" && k.token != refused {
		defer k.mu.Unlock()
		return k.token, nil
	}
	k.token = ""
	f := k.start(false, AccessToken{Value: refused})
	k.mu.Unlock()
	return f.wait(ctx)
}

// force has another token made, whatever is held or stored. Who asks while one is being forced gets that one.
func (k *tokenKeeper) force(ctx context.Context) error {
	for {
		k.mu.Lock()
		f := k.flight
		if f == nil {
			f = k.start(true, AccessToken{})
		}
		k.mu.Unlock()
		if _, err := f.wait(ctx); f.forced || ctx.Err() != nil {
			return err
		}
	}
}

// start joins the request under way or makes one for another token than old. It does not end with the caller's context: others
// wait for it, too.
func (k *tokenKeeper) start(force bool, old AccessToken) *flight {
	if k.flight != nil {
		return k.flight
	}
	f := &flight{forced: force, done: make(chan struct{})}
	k.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), callTime)
		defer cancel()
		token, err := k.obtain(ctx, force, old)
		k.land(f, token, err)
	}()
	return f
}

// obtain looks into the store, where another process may have left a newer token, and then asks the platform.
func (k *tokenKeeper) obtain(ctx context.Context, force bool, old AccessToken) (AccessToken, error) {
	if !force {
		if t, ok := k.load(ctx, old); ok {
			k.refused = nil
			return t, nil
		}
		if k.refused != nil && time.Since(k.refusedAt) < refusalTime {
			return AccessToken{}, k.refused
		}
	}
	asked := k.now() // the life is counted from before the answer: rather too short than too long
	value, life, err := k.fetch(ctx, force)
	k.refused = nil
	if e := new(Error); k.keeps && errors.As(err, &e) && e.Class == Configuration {
		k.refused, k.refusedAt = err, time.Now()
	}
	if err != nil {
		return AccessToken{}, err
	}
	t := AccessToken{Value: value, Expires: asked.Add(life), Owner: k.owner}
	k.save(ctx, t)
	return t, nil
}

// load gives the stored token if it may be used and is no step back from old.
func (k *tokenKeeper) load(ctx context.Context, old AccessToken) (AccessToken, bool) {
	if k.store == nil {
		return AccessToken{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	t, err := k.store.Load(ctx)
	if err != nil {
		k.logger.Warn("the stored access token cannot be read; asking the platform", "err", err)
		return AccessToken{}, false
	}
	return t, t.Owner == k.owner && t.Value != "" && t.Value != old.Value && k.now().Before(t.Expires) && !t.Expires.Before(old.Expires)
}

// save shares a token before anybody uses it. The platform has given it, so it is kept even when the time of the call is over.
func (k *tokenKeeper) save(ctx context.Context, t AccessToken) {
	if k.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if err := k.store.Save(ctx, t); err != nil {
		k.logger.Warn("the access token cannot be stored; it is used by this process only", "err", err)
	}
}

func (k *tokenKeeper) land(f *flight, t AccessToken, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if err != nil {
		k.logger.Warn("no "+k.what, "err", err)
		k.refresh = now.Add(refreshPause)
	} else {
		k.token, k.expires = t.Value, t.Expires
		k.refresh = k.expires.Add(-min(refreshAhead, k.expires.Sub(now)/2))
	}
	f.token, f.err = t.Value, err
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
