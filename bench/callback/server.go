package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
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

// serve answers pushes until SIGTERM, and prints its address in its first line.
func serve(aesKey string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as fanflow serve does
	}
	h, err := callback.New(callback.Config{
		AppID: appID, Secrets: []callback.Secret{{Token: token, AESKey: aesKey}}, AnswerOnRetry: true, Receiver: answering{},
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/bench", h)
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
