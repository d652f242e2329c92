// Command load plays WeChat to a callback URL: it pushes signed text messages of many fans and checks every answer.
//
// Closed loop (the default): each client sends its next push when it has the answer to the last. Open loop (-rate): pushes
// are due at fixed instants, and latencies count from those, so a server that stalls cannot hide it. -each sends one push of
// every fan, which enrolls them before anything is measured. All requests are rendered, signed and, in safe mode, encrypted
// before the clock starts; MsgIds never repeat, and CreateTimes go on with the pushes, at -rate or 2,000 a second. Exit status 1 if
// any answer was not as expected.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

	"fanflow/wechat/crypt"
)

func main() {
	p, asJSON, err := flags()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	r, err := p.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	if asJSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		_, err = fmt.Println(r)
	}
	if err != nil || r.Errors > 0 {
		os.Exit(1)
	}
}

// flags reads the command line.
func flags() (p plan, asJSON bool, err error) {
	var key string
	flag.StringVar(&p.account.URL, "url", "", "callback to push to, such as http://127.0.0.1:8080/callback/shop")
	flag.StringVar(&p.account.Token, "token", "bench", "the account's token")
	flag.StringVar(&p.account.AppID, "app-id", "wxbench0000000000", "the account's AppID")
	flag.StringVar(&key, "aes-key", "", "43 characters: safe mode")
	flag.StringVar(&p.prefix, "prefix", "oBench", "what the fans' OpenIDs begin with")
	flag.StringVar(&p.say, "say", "1", "the text that fans send")
	flag.StringVar(&p.expect, "expect", "", "the reply that every fan must get; {n} is a number that grows by one for each fan")
	flag.BoolVar(&p.any, "any", false, "take any 200 for an answer")
	flag.IntVar(&p.fans, "fans", 100_000, "how many fans")
	flag.IntVar(&p.clients, "clients", 64, "connections")
	flag.IntVar(&p.pushes, "pushes", 300_000, "how many pushes to render; the run ends early when they are used up")
	flag.BoolVar(&p.each, "each", false, "one push of every fan")
	flag.Float64Var(&p.rate, "rate", 0, "pushes a second, open loop; 0: closed loop")
	flag.DurationVar(&p.warm, "warm", 500*time.Millisecond, "how long before measuring starts")
	flag.DurationVar(&p.length, "for", 3*time.Second, "how long to measure")
	flag.BoolVar(&asJSON, "json", false, "print the result as JSON")
	flag.Parse()
	u, err := url.Parse(p.account.URL)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return p, asJSON, fmt.Errorf("-url %q: want http://host:port/path", p.account.URL)
	}
	p.addr = u.Host
	if p.clients < 1 || p.fans < p.clients {
		return p, asJSON, fmt.Errorf("-clients %d -fans %d: want at least one fan for each client", p.clients, p.fans)
	}
	if p.rate > 0 {
		p.pushes = int(p.rate*(p.warm+p.length).Seconds()) + p.clients
	}
	if key != "" {
		p.account.Safe = true
		if p.account.Key, err = crypt.ParseKey(key); err != nil {
			return p, asJSON, fmt.Errorf("-aes-key: %w", err)
		}
	}
	return p, asJSON, nil
}
