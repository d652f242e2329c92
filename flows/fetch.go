package flows

import (
	"context"
	"errors"

	"fanflow/plugins/fetch"
	"fanflow/plugins/std/http"
	"fanflow/store"
)

// httpAnswer is what a request of a script came to, as the trace keeps it.
type httpAnswer struct{}

// size is about what it adds to a Change.
func (a *httpAnswer) size() int { return 0 }

// get makes the request of a need.
func (f *fetcher) get(ctx context.Context, n need) (*httpAnswer, error) { return &httpAnswer{}, nil }

// Fetch gives the answer to a reading request of a script.
func (p *port) Fetch(r http.Request) (fetch.Answer, error) {
	return fetch.Answer{}, errors.New("http is not built in")
}

// Call orders a request of a script.
func (p *port) Call(r http.Request, o http.Order) (string, error) {
	return "", errors.New("http is not built in")
}

// callKind is the kind of the jobs that make a request which is no reading.
const callKind = "http"

// outcall makes the call that a script has ordered.
func (e *Engine) outcall(ctx context.Context, acc *Account, job store.Job) error {
	return e.drop(ctx, task{fan: job.Fan(), job: &job, now: e.now()})
}
