package callback

import (
	"net/http"
	"time"

	"fanflow/wechat"
)

// Unkept answers a push in the request's own goroutine and keeps nothing for repeats. What workers and runs cost is the Handler's
// distance to it.
func (h *Handler) Unkept() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := h.open(r, proofOf(r.URL.RawQuery))
		if err != nil {
			h.refuse(w, err)
			return
		}
		reply, err := h.c.Receiver.Receive(r.Context(), d.push)
		if err != nil {
			h.refuse(w, err)
			return
		}
		page := sheets.Get().(*sheet)
		defer sheets.Put(page)
		contentType, body, err := h.encode(page, d, reply)
		if err == nil {
			err = send(w, r.Context(), contentType, body)
		}
		if err != nil {
			h.refuse(w, err)
		}
	})
}

// Resting is how many workers have nothing to do.
func (h *Handler) Resting() int {
	h.workers.mu.Lock()
	defer h.workers.mu.Unlock()
	return len(h.workers.resting)
}

// What is kept, for its tests.
const (
	KeepMost  = keepMost
	KeepBytes = keepBytes
	KeepFor   = keepFor
	MarkSize  = len(mark{})
)

type Kept struct{ k kept }

func (k *Kept) Put(key string, r wechat.Reply, now time.Time)      { k.k.put(key, r, now) }
func (k *Kept) Get(key string, now time.Time) (wechat.Reply, bool) { return k.k.get(key, now) }
func (k *Kept) Size() (replies, bytes int) {
	return len(k.k.young.places) + len(k.k.old.places), cap(k.k.young.bytes) + cap(k.k.old.bytes)
}
