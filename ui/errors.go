package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"fanflow/flows"
	"fanflow/store"
)

// fault is an error that its reader caused and may mend: its text is shown. Every other error is shown as "internal error"
// and goes to the log.
type fault struct {
	Status int
	Detail string
	// Findings are what is wrong with a script that was refused.
	Findings []flows.Finding
}

func (f *fault) Error() string { return f.Detail }

func faultf(status int, format string, args ...any) error {
	return &fault{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// asFault sorts an error into what may be shown. A record that is not there is the reader's mistake, and so is a body that is
// too long.
func asFault(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &fault{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("the body is longer than %d bytes", tooLong.Limit)}
	}
	if missing, ok := errors.AsType[*flows.NotFoundError](err); ok {
		return &fault{Status: http.StatusNotFound, Detail: missing.Error()}
	}
	if errors.Is(err, store.ErrNotFound) {
		return &fault{Status: http.StatusNotFound, Detail: "there is no such record"}
	}
	return nil
}

// problem is an error as RFC 9457 writes it.
type problem struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Detail   string        `json:"detail,omitempty"`
	Findings []findingView `json:"findings,omitempty"`
}

func writeProblem(w http.ResponseWriter, f *fault) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.Status)
	// The status is sent already; a reader that has gone needs no error.
	_ = json.NewEncoder(w).Encode(problem{
		Type: "about:blank", Title: http.StatusText(f.Status), Status: f.Status, Detail: f.Detail, Findings: viewFindings(f.Findings),
	})
}

// machine reports whether a request is made by a program, which gets problem+json instead of a page.
func machine(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/hooks/")
}

// fail answers a request with an error, in the form that its reader understands.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := asFault(err)
	if f == nil {
		if r.Context().Err() != nil {
			return // the reader has gone, which is why it failed
		}
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		f = &fault{Status: http.StatusInternalServerError, Detail: "internal error; the service's log says more"}
	}
	if machine(r) {
		writeProblem(w, f)
		return
	}
	s.errorPage(w, r, f)
}
