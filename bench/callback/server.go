package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/callback"
)

const (
	token = "bench"
	appID = "wxbench0000000000"
	key   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" // of safe mode
	text  = "我们每天 10:00 至 22:00 营业。"
)

// answering is a Receiver that has its answer already.
type answering struct{}

func (answering) Receive(context.Context, *wechat.Push) (wechat.Reply, error) {
	return wechat.TextReply(text), nil
}
func (answering) Written(*wechat.Push)                                   {}
func (answering) Late(context.Context, *wechat.Push, wechat.Reply) error { return nil }

// What a server answers a push: the handler's reply, as many bytes that are always the same, or an empty 200.
const (
	byHandler = "handler"
	fixed     = "fixed"
	nothing   = "nothing"
)

// serve answers pushes until SIGTERM, and prints its address in its first line.
func serve(answer, aesKey string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as fanflow serve does
	}
	h, err := callback.New(callback.Config{
		AppID: appID, Secrets: []callback.Secret{{Token: token, AESKey: aesKey}}, AnswerOnRetry: true, Receiver: answering{},
	})
	if err != nil {
		return err
	}
	handlers := map[string]http.Handler{byHandler: h, fixed: fixedAnswer(aesKey != ""), nothing: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	if handlers[answer] == nil {
		return fmt.Errorf("-serve: there is no answer %q", answer)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/bench", handlers[answer])
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Printf("listening on http://%s\n", l.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return errors.Join(server.Close(), h.Shutdown(context.Background()))
	}
}

// fixedAnswer reads a push and answers as many bytes as the handler does, give or take a few, with the same header: what
// net/http costs, as the handler uses it.
func fixedAnswer(sealed bool) http.Handler {
	size := len(text) + 226
	if sealed {
		size = 4*(size+len(appID)+40)/3 + 200
	}
	answer := bytes.Repeat([]byte{'x'}, size)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer) // who has gone has gone
		_ = http.NewResponseController(w).Flush()
	})
}
