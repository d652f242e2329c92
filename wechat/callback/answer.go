package callback

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/crypt"
)

// deliver waits with one delivery for the reply of its push and answers it, or does not.
func (h *Handler) deliver(w http.ResponseWriter, req *http.Request, d delivery) {
	arrived := time.Now() // wall time: WeChat's five seconds
	r, nth := h.join(d.push)
	if r == nil {
		h.refuse(w, &refusal{http.StatusServiceUnavailable, "stopping", "the service is stopping"})
		return
	}
	patience := time.NewTimer(h.c.Patience)
	defer patience.Stop()
	select {
	case <-r.done:
		h.answer(w, req, d, r, nth)
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

// answer writes the reply of an ended run.
func (h *Handler) answer(w http.ResponseWriter, req *http.Request, d delivery, r *run, nth int) {
	if r.err != nil {
		h.c.Observe("error")
		h.leave(r, nothing)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	reply := r.reply
	if h.isLate(r) {
		reply = wechat.Reply{}
	}
	contentType, body, err := h.encode(d, reply)
	if err != nil {
		h.leave(r, nothing)
		h.refuse(w, fmt.Errorf("seal the answer: %w", err))
		return
	}
	if err := send(w, req.Context(), contentType, body); err != nil {
		h.abandon(r, "gone")
	}
	if nth == 1 {
		h.c.Observe("ok")
	} else {
		h.c.Observe("joined")
	}
	h.leave(r, theAnswer)
}

// send writes an answer and hands it to the network. That WeChat has read it can never be known: an error says that it surely
// has not.
func send(w http.ResponseWriter, ctx context.Context, contentType string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// encode makes the answer to one delivery: sealed with the key that opened the push, in the push's own format.
func (h *Handler) encode(d delivery, r wechat.Reply) (contentType string, body []byte, err error) {
	now := h.c.Now()
	plain := wechat.AppendReply(nil, d.push, r, now)
	if string(plain) == wechat.Success { // clear in every mode
		return "text/plain; charset=utf-8", plain, nil
	}
	asJSON := plain[0] == '{'
	if d.key != nil {
		if plain, err = h.seal(d, plain, now, asJSON); err != nil {
			return "", nil, err
		}
	}
	if asJSON {
		return "application/json; charset=utf-8", plain, nil
	}
	return "text/xml; charset=utf-8", plain, nil
}

// envelope is the answer to a sealed push. Its signature covers its own time and nonce.
// Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
type envelope struct {
	Encrypt      string
	MsgSignature string
	TimeStamp    int64
	Nonce        string
}

func (h *Handler) seal(d delivery, plain []byte, now time.Time, asJSON bool) ([]byte, error) {
	sealed, err := d.key.Seal(plain, h.c.AppID)
	if err != nil {
		return nil, err
	}
	e := envelope{Encrypt: sealed, TimeStamp: now.Unix(), Nonce: rand.Text()}
	e.MsgSignature = crypt.Signature(d.token, strconv.FormatInt(e.TimeStamp, 10), e.Nonce, sealed)
	if asJSON {
		return json.Marshal(e)
	}
	return fmt.Appendf(nil, "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature>"+
		"<TimeStamp>%d</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>", e.Encrypt, e.MsgSignature, e.TimeStamp, e.Nonce), nil
}
