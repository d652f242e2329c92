package simulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"
)

// response is a call's answer as it goes out.
type response struct {
	status int
	header http.Header
	body   []byte
	rid    string // of an error answer
}

// respond makes the answer of a call: HTTP 200, whatever comes of it. It ends without a line feed, as the platform's does.
func (s *Server) respond(result any, err error) response {
	if page := (pageError{}); errors.As(err, &page) {
		result, err = page.blob, nil
	}
	res := response{status: http.StatusOK, header: http.Header{}}
	if b, ok := result.(blob); ok && err == nil {
		res.header.Set("Content-Type", b.contentType)
		if b.name != "" {
			res.header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.name}))
		}
		if b.location != "" {
			res.header.Set("Location", b.location)
		}
		if b.status != 0 {
			res.status = b.status
		}
		res.body = b.body
		return res
	}
	if err != nil {
		var e *apiError
		if !errors.As(err, &e) {
			s.cfg.Logger.Error("a call of the server API went wrong in the simulator", "err", err)
			e = fail(-1)
		}
		res.rid = requestID(s.Now())
		fields := map[string]any{"errcode": e.code, "errmsg": e.text + " rid: " + res.rid}
		for k, v := range e.fields {
			fields[k] = v
		}
		result = fields
	} else if result == nil {
		result = json.RawMessage(`{"errcode":0,"errmsg":"ok"}`)
	}
	res.header.Set("Content-Type", "application/json; encoding=utf-8")
	res.body = marshal(result)
	return res
}

func (res response) write(w http.ResponseWriter) {
	for name, values := range res.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(res.body)))
	w.WriteHeader(res.status)
	_, _ = w.Write(res.body) // a client that went away
}

// gatewayPage is what a server in front of the platform's own answers in its stead.
func gatewayPage(status int) []byte {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n")
}

// spoil writes the answer in the way that the fault says.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, f *fault, res response) {
	f.wait(r.Context(), s.life)
	switch {
	case f.Hang:
		hang(w, r, s.life.Done())
	case f.Reset:
		reset(w)
	case f.Status != 0 || f.HTML:
		res.header.Set("Content-Type", "text/html")
		res.status, res.body = max(f.Status, http.StatusOK), gatewayPage(cmp.Or(f.Status, http.StatusBadGateway))
		res.write(w)
	case f.Cut:
		w.Header().Set("Content-Type", res.header.Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(len(res.body)))
		w.WriteHeader(res.status)
		_, _ = w.Write(res.body[:len(res.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the connection ends before what was promised has come
	default:
		res.write(w)
	}
}

// hang answers nothing until the client gives up, the simulator ends, or a minute has passed.
func hang(w http.ResponseWriter, r *http.Request, life <-chan struct{}) {
	t := time.NewTimer(time.Minute)
	defer t.Stop()
	select {
	case <-r.Context().Done():
	case <-life:
	case <-t.C:
	}
	reset(w)
}

// reset ends the request's connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // where the connection cannot be had, net/http ends it
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST instead of FIN
	}
	_ = conn.Close()
}
