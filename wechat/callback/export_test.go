package callback

import "net/http"

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
