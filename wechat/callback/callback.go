// Package callback is the http.Handler that WeChat pushes to.
package callback

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"fanflow/wechat"
)

// Receiver decides what a push is answered.
type Receiver interface {
	Receive(ctx context.Context, p *wechat.Push) (wechat.Reply, error)
	Written(p *wechat.Push)
	Late(ctx context.Context, p *wechat.Push, r wechat.Reply) error
}

// Secret is one token and key of the account.
type Secret struct{ Token, AESKey string }

// Config says what a Handler is for.
type Config struct {
	AppID         string
	Secrets       []Secret
	MaxSkew       time.Duration
	AnswerOnRetry bool
	Patience      time.Duration
	MaxBody       int64
	Now           func() time.Time
	Receiver      Receiver
	Observe       func(outcome string)
	Logger        *slog.Logger
}

// Handler is the http.Handler.
type Handler struct{}

// New makes a Handler.
func New(c Config) (*Handler, error) { panic("unwritten") }

// ServeHTTP answers a GET and POST.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("unwritten") }

// Shutdown waits for the runs in flight.
func (h *Handler) Shutdown(ctx context.Context) error { panic("unwritten") }
