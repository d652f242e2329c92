// Package callback is the http.Handler that WeChat pushes to. It lets in what is signed, opens what is sealed, lets each push be
// decided once however often WeChat delivers it, and gives every delivery that decision's answer.
//
// WeChat waits five seconds for an answer and delivers three times in all, at about 0, 5 and 10 seconds; an answer to any of
// the three reaches the fan. Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Receiving_standard_messages.html
package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/crypt"
)

// Receiver decides what a push is answered. Its methods are called from many goroutines at once. A panic in one of them is
// logged and counts as an error.
type Receiver interface {
	// Receive is called once for a push, however many deliveries of it are waiting, in a goroutine of its own. ctx ends
	// with the Handler, not with a delivery. After an error WeChat is answered 500 and the next delivery calls Receive
	// again. A delivery that comes after the Handler has forgotten the push calls it again, too: about 20 seconds later, or
	// when 65,536 other pushes or 16 MiB of replies have come since. A Receiver that must not act twice keeps its reply
	// under p.Key().
	Receive(ctx context.Context, p *wechat.Push) (wechat.Reply, error)
	// Written is called once after each Receive: an answer was written, or no delivery will take one any more. What
	// must reach the fan after the reply may go now. It must return soon.
	Written(p *wechat.Push)
	// Late is called, before Written, with a reply that no delivery took and none will. Deliveries that come still are
	// answered "success", so that the reply can be sent by another way. It is not called for the zero Reply.
	Late(ctx context.Context, p *wechat.Push, r wechat.Reply) error
}

// Secret is a token and an EncodingAESKey of the account. AESKey "" is plain mode. In a previous Secret an empty field means
// that it has not changed.
type Secret struct{ Token, AESKey string }

// Config says what a Handler is for. AppID, Secrets and Receiver are required.
type Config struct {
	AppID   string
	Secrets []Secret // the current one first, then previous ones, which are taken as well while they are being changed
	// MaxSkew is how far a request's timestamp may be from Now, either way. The platform documents no limit and has been
	// seen to deliver late. Default 24 hours.
	MaxSkew time.Duration
	// AnswerOnRetry leaves a delivery unanswered when its patience ends and answers the next one. Otherwise it is answered
	// "success" at once, WeChat delivers no more, and the reply goes to Receiver.Late; an error that comes after that is
	// only logged.
	AnswerOnRetry bool
	Patience      time.Duration // how long a delivery waits for the reply, in wall time; default 4.5 seconds, WeChat's limit is 5
	MaxBody       int64         // bytes; default 1 MiB
	Now           func() time.Time
	Receiver      Receiver
	// Observe is told the outcome of each request: ok, joined (a repeat that got the reply), retry-left-open, success-first
	// (answered before the reply was there), gone (WeChat went away), verified (URL verification), probe; of the refused:
	// bad-signature, skew, too-large, malformed, bad-envelope, wrong-appid, plain-in-safe-mode, sealed-in-plain-mode,
	// method, stopping; error where the Receiver failed.
	Observe func(outcome string)
	Logger  *slog.Logger
}

// Handler is an http.Handler for one account: GET verifies the URL, POST is a push. A delivery that is left unanswered ends
// with panic(http.ErrAbortHandler), which net/http takes as "close the connection"; what wraps the Handler must pass it on.
type Handler struct {
	c      Config
	tokens []string
	keys   []crypt.Key
	plain  bool // pushes that are not sealed are taken

	ctx    context.Context // of Receive and Late
	cancel context.CancelFunc

	workers workers   // that call Receive
	timers  sync.Pool // of *time.Timer, stopped
	spare   sync.Pool // of *run

	mu       sync.Mutex
	runs     map[string]*run // in flight, by Push.Key
	kept     kept            // replies of runs that are settled
	busy     int             // goroutines that call the Receiver
	stopping bool
	idle     chan struct{} // closed when stopping and busy is 0
}

// New checks the Config and makes a Handler. Its errors hold no secret.
func New(c Config) (*Handler, error) {
	if c.AppID == "" || c.Receiver == nil || len(c.Secrets) == 0 {
		return nil, errors.New("callback: AppID, Secrets and Receiver are required")
	}
	h := &Handler{runs: make(map[string]*run), idle: make(chan struct{}), plain: c.Secrets[0].AESKey == ""}
	for i, s := range c.Secrets {
		if s.Token == "" && i == 0 {
			return nil, errors.New("callback: the token is empty")
		}
		if s.Token != "" && !slices.Contains(h.tokens, s.Token) {
			h.tokens = append(h.tokens, s.Token)
		}
		if s.AESKey == "" {
			continue
		}
		key, err := crypt.ParseKey(s.AESKey)
		if err != nil {
			return nil, fmt.Errorf("callback: %w", err)
		}
		h.keys = append(h.keys, key)
	}
	h.c = withDefaults(c)
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.workers.receive = h.receive
	return h, nil
}

func withDefaults(c Config) Config {
	if c.MaxSkew == 0 {
		c.MaxSkew = 24 * time.Hour
	}
	if c.Patience == 0 {
		c.Patience = 4500 * time.Millisecond
	}
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// ServeHTTP answers one request of WeChat's.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.verifyURL(w, r)
	case http.MethodPost:
		h.post(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, &refusal{http.StatusMethodNotAllowed, "method", "only GET and POST are served"})
	}
}

func (h *Handler) post(w http.ResponseWriter, r *http.Request) {
	p := proofOf(r.URL.RawQuery)
	if p.signature == "" && p.msgSignature == "" && isProbe(r) {
		h.probed(w)
		return
	}
	d, err := h.open(r, p)
	switch {
	case err != nil:
		h.refuse(w, err)
	case isProbing(d.push):
		h.probed(w)
	default:
		h.deliver(w, r, d)
	}
}

// Shutdown takes no more pushes and waits until the Receiver is done with those in flight. A reply that was still waiting for
// WeChat's next delivery is left to the Receiver of the process that gets it; Late is not called for it. When ctx ends first,
// the context of the calls still running is cancelled and ctx's error returned. Call http.Server's Shutdown before it.
func (h *Handler) Shutdown(ctx context.Context) error {
	defer h.workers.end()
	defer h.cancel()
	for _, end := range h.stop() {
		h.finish(end)
	}
	select {
	case <-h.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for pushes in flight: %w", ctx.Err())
	}
}
