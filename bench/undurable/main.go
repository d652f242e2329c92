// Command undurable answers pushes as fanflow serve does, with the same callback handler and the same flow engine, but keeps
// everything in memory: what durability costs is the distance between the two. A yardstick of bench/run.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"fanflow/flows"
	"fanflow/store/mem"
	"fanflow/wechat"
	"fanflow/wechat/callback"
)

const account = "bench"

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	token := flag.String("token", "bench", "the account's token")
	appID := flag.String("app-id", "wxbench0000000000", "the account's AppID")
	key := flag.String("aes-key", "", "43 characters: safe mode")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the whole run to this file when SIGTERM comes")
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as fanflow serve does
	}
	handler, err := build(*appID, callback.Secret{Token: *token, AESKey: *key}, flag.Args())
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := serve(l, handler, *profile); err != nil {
		log.Fatal(err)
	}
}

// serve answers until SIGTERM.
func serve(l net.Listener, handler http.Handler, profile string) error {
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- http.Serve(l, handler) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// build wires an engine over store/mem with the flows of the files published.
func build(appID string, secret callback.Secret, files []string) (http.Handler, error) {
	ctx := context.Background()
	engine, err := flows.New(flows.Config{
		Store: mem.New(), Now: time.Now,
		Accounts: []flows.Account{{Name: account, Type: "service", Location: time.FixedZone("UTC+8", 8*3600)}},
	})
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		script, err := engine.Push(ctx, account, "flow", file, string(source), "bench")
		if err != nil {
			return nil, fmt.Errorf("push %s: %w", file, err)
		}
		if _, err := engine.Publish(ctx, script.ScriptID, script.Version, "bench"); err != nil {
			return nil, fmt.Errorf("publish %s: %w", file, err)
		}
	}
	h, err := callback.New(callback.Config{
		AppID: appID, Secrets: []callback.Secret{secret}, MaxSkew: 24 * time.Hour, AnswerOnRetry: true, Now: time.Now,
		Receiver: receiver{engine},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/"+account, h)
	return mux, nil
}

// receiver is the engine seen from the callback of the one account.
type receiver struct{ engine *flows.Engine }

func (r receiver) Receive(ctx context.Context, p *wechat.Push) (wechat.Reply, error) {
	return r.engine.Receive(ctx, account, p)
}

func (r receiver) Written(p *wechat.Push) { r.engine.Written(account, p) }

func (r receiver) Late(ctx context.Context, p *wechat.Push, reply wechat.Reply) error {
	return r.engine.Late(ctx, account, p, reply)
}
