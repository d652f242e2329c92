// Command undurable answers pushes as fanflow serve does, with the same callback handler and the same flow engine, but makes
// nothing durable: over the data file without syncs (-store nosync), or over the reference store in memory, which copies through
// JSON (-store mem). What syncing costs is the distance of fanflow serve to the first. A yardstick of bench/run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/bolt"
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
	kind := flag.String("store", "nosync", "nosync: a data file in a temporary folder, its syncs left out; mem: the reference store in memory")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the whole run to this file when SIGTERM comes")
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as fanflow serve does
	}
	data, remove, err := open(*kind)
	if err != nil {
		log.Fatal(err)
	}
	err = run(data, *listen, *appID, callback.Secret{Token: *token, AESKey: *key}, *profile)
	if err := errors.Join(err, data.Close(), remove()); err != nil {
		log.Fatal(err)
	}
}

// open makes an empty store of a kind. remove takes away what it has left on disk.
func open(kind string) (data store.Store, remove func() error, err error) {
	switch kind {
	case "mem":
		return mem.New(), func() error { return nil }, nil
	case "nosync":
		dir, err := os.MkdirTemp("", "fanflow-undurable-")
		if err != nil {
			return nil, nil, err
		}
		data, err := bolt.Open(filepath.Join(dir, "fanflow.db"), bolt.Options{NoSync: true})
		if err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		return data, func() error { return os.RemoveAll(dir) }, nil
	}
	return nil, nil, fmt.Errorf("-store: %q is none of nosync, mem", kind)
}

// run wires the handler with the flows of the arguments and says where it listens.
func run(data store.Store, listen, appID string, secret callback.Secret, profile string) error {
	handler, err := build(data, appID, secret, flag.Args())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	return serve(l, handler, profile)
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

// build wires an engine over a store with the flows of the files published.
func build(data store.Store, appID string, secret callback.Secret, files []string) (http.Handler, error) {
	ctx := context.Background()
	engine, err := flows.New(flows.Config{
		Store: data, Now: time.Now,
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
