package callback

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/crypt"
)

// deliver waits with one delivery for the reply of its push and answers it, or does not.
func (h *Handler) deliver(w http.ResponseWriter, req *http.Request, d delivery) {
	arrived := time.Now() // wall time: WeChat's five seconds
	r, nth, known := h.join(d.push, arrived)
	switch {
	case known != nil:
		h.answer(w, req, d, nil, *known, "joined")
		return
	case r == nil:
		h.refuse(w, &refusal{http.StatusServiceUnavailable, "stopping", "the service is stopping"})
		return
	}
	patience := h.timer(h.c.Patience)
	defer h.stopTimer(patience)
	select {
	case token := <-r.done:
		r.done <- token // for the next one who waits
		h.answerEnded(w, req, d, r, nth)
	case <-req.Context().Done():
		h.abandon(r, "gone")
	case <-patience.C:
		if !h.c.AnswerOnRetry || nth >= deliveries {
			h.concede(w, req, r)
			return
		}
		// What is written from now on may come too late and would look delivered: the reply is for the next delivery.
		waitOut(req.Context(), openFor-time.Since(arrived))
		h.abandon(r, "retry-left-open")
	}
}

// timer is a timer that may have been used before; stopTimer takes it back.
func (h *Handler) timer(d time.Duration) *time.Timer {
	if t, ok := h.timers.Get().(*time.Timer); ok {
		t.Reset(d)
		return t
	}
	return time.NewTimer(d)
}

func (h *Handler) stopTimer(t *time.Timer) {
	t.Stop()
	h.timers.Put(t)
}

// waitOut returns after d, or sooner when ctx ends.
func waitOut(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// abandon ends a delivery without an answer. Returning would tell WeChat 200, which means that there is nothing to show.
func (h *Handler) abandon(r *run, outcome string) {
	h.c.Observe(outcome)
	h.leave(r, nothing)
	panic(http.ErrAbortHandler)
}

// concede tells WeChat "success" while the reply is not there: no further delivery will be made, and the fan sees no fault
// line. The reply is the Receiver's to send.
func (h *Handler) concede(w http.ResponseWriter, req *http.Request, r *run) {
	if err := send(w, req.Context(), "text/plain; charset=utf-8", []byte(wechat.Success)); err != nil {
		h.abandon(r, "gone")
	}
	h.c.Observe("success-first")
	h.leave(r, aSuccess)
}

// answerEnded answers with what an ended run came to.
func (h *Handler) answerEnded(w http.ResponseWriter, req *http.Request, d delivery, r *run, nth int) {
	outcome := "ok"
	switch {
	case r.err != nil:
		h.c.Observe("error")
		h.leave(r, nothing)
		w.WriteHeader(http.StatusInternalServerError)
		return
	case nth > 1:
		outcome = "joined"
	}
	h.answer(w, req, d, r, r.reply, outcome)
}

// answer writes a reply and leaves the run, if there is one.
func (h *Handler) answer(w http.ResponseWriter, req *http.Request, d delivery, r *run, reply wechat.Reply, outcome string) {
	page := sheets.Get().(*sheet)
	defer sheets.Put(page)
	contentType, body, err := h.encode(page, d, reply)
	if err != nil {
		h.leave(r, nothing)
		h.refuse(w, fmt.Errorf("seal the answer: %w", err))
		return
	}
	if err := send(w, req.Context(), contentType, body); err != nil {
		h.abandon(r, "gone")
	}
	h.c.Observe(outcome)
	h.leave(r, theAnswer)
}

// send writes an answer and hands it to the network. That WeChat has read it can never be known: an error says that it surely
// has not.
func send(w http.ResponseWriter, ctx context.Context, contentType string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	values := []string{contentType, strconv.Itoa(len(body))}
	header := w.Header()
	header["Content-Type"], header["Content-Length"] = values[:1:1], values[1:]
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// sheet is what answers are written on, used again.
type sheet struct{ plain, sealed []byte }

var sheets = sync.Pool{New: func() any { return new(sheet) }}

// encode makes the answer to one delivery: sealed with the key that opened the push, in the push's own format. The body is good
// until the sheet is used again.
func (h *Handler) encode(s *sheet, d delivery, r wechat.Reply) (contentType string, body []byte, err error) {
	now := h.c.Now()
	s.plain = wechat.AppendReply(s.plain[:0], d.push, r, now)
	body = s.plain
	if string(body) == wechat.Success { // clear in every mode
		return "text/plain; charset=utf-8", body, nil
	}
	asJSON := body[0] == '{'
	if d.key != nil {
		if s.sealed, err = h.appendSealed(s.sealed[:0], d, body, now, asJSON); err != nil {
			return "", nil, err
		}
		body = s.sealed
	}
	if asJSON {
		return "application/json; charset=utf-8", body, nil
	}
	return "text/xml; charset=utf-8", body, nil
}

// form is what stands before and after Encrypt, MsgSignature, TimeStamp and Nonce in the answer to a sealed push. None of the
// four needs escaping.
type form [5]string

var (
	xmlForm = form{
		"<xml><Encrypt><![CDATA[", "]]></Encrypt><MsgSignature><![CDATA[", "]]></MsgSignature><TimeStamp>",
		"</TimeStamp><Nonce><![CDATA[", "]]></Nonce></xml>",
	}
	jsonForm = form{`{"Encrypt":"`, `","MsgSignature":"`, `","TimeStamp":`, `,"Nonce":"`, `"}`}
)

// appendSealed appends the envelope of an answer. Its signature covers its own time and nonce.
// Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
func (h *Handler) appendSealed(dst []byte, d delivery, plain []byte, now time.Time, asJSON bool) ([]byte, error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return dst, fmt.Errorf("nonce: %w", err)
	}
	var nonce [2 * len(random)]byte
	hex.Encode(nonce[:], random[:])
	var digits [20]byte
	stamp := strconv.AppendInt(digits[:0], now.Unix(), 10)
	f := &xmlForm
	if asJSON {
		f = &jsonForm
	}
	dst = append(dst, f[0]...)
	start := len(dst)
	dst, err := d.key.AppendSeal(dst, plain, h.c.AppID)
	if err != nil {
		return dst, err
	}
	envelope := dst[start:]
	dst = append(dst, f[1]...)
	dst = crypt.AppendSignature(dst, []byte(d.token), stamp, nonce[:], envelope)
	dst = append(append(dst, f[2]...), stamp...)
	dst = append(append(dst, f[3]...), nonce[:]...)
	return append(dst, f[4]...), nil
}
