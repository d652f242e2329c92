package callback

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/crypt"
)

// refusal is why a request is not served. The client sees the status only.
type refusal struct {
	status          int
	outcome, reason string
}

func (r *refusal) Error() string { return r.reason }

func forbidden(outcome, reason string) error { return &refusal{http.StatusForbidden, outcome, reason} }

func bad(outcome, reason string) error { return &refusal{http.StatusBadRequest, outcome, reason} }

// refuse answers with the status alone. What carries no valid signature can come from anybody, so it is logged for debugging
// only; the metric counts it.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	r := &refusal{http.StatusInternalServerError, "error", err.Error()}
	errors.As(err, &r)
	h.c.Observe(r.outcome)
	switch r.outcome {
	case "bad-envelope", "wrong-appid", "skew", "plain-in-safe-mode", "sealed-in-plain-mode":
		h.c.Logger.Warn("push refused", "appid", h.c.AppID, "outcome", r.outcome, "reason", r.reason)
	default:
		h.c.Logger.Debug("push refused", "appid", h.c.AppID, "outcome", r.outcome, "reason", r.reason)
	}
	w.WriteHeader(r.status)
}

// proof is what the URL of a request carries. The openid that stands there too is not signed and not used.
type proof struct{ signature, msgSignature, timestamp, nonce, encryptType string }

func proofOf(q url.Values) proof {
	return proof{q.Get("signature"), q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), strings.ToLower(q.Get("encrypt_type"))}
}

// check looks for the token by which signature is that of timestamp, nonce and more.
func (h *Handler) check(signature string, p proof, more ...string) (token string, err error) {
	for _, token := range h.tokens {
		if crypt.Verify(signature, append([]string{token, p.timestamp, p.nonce}, more...)...) {
			return token, h.checkSkew(p.timestamp)
		}
	}
	return "", forbidden("bad-signature", "the signature fits no token of the account")
}

func (h *Handler) checkSkew(timestamp string) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return forbidden("skew", "the timestamp is no number of seconds")
	}
	if d := h.c.Now().Sub(time.Unix(seconds, 0)); d > h.c.MaxSkew || d < -h.c.MaxSkew {
		return forbidden("skew", "the timestamp is too far from this machine's clock; see max_skew")
	}
	return nil
}

// verifyURL answers the request that WeChat makes when the callback URL is saved: echostr, byte for byte. It is never sealed,
// in no mode. Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
func (h *Handler) verifyURL(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := proofOf(q)
	if _, err := h.check(p.signature, p); err != nil {
		h.refuse(w, err)
		return
	}
	echo := q.Get("echostr")
	if echo == "" {
		h.refuse(w, bad("malformed", "there is no echostr"))
		return
	}
	h.c.Observe("verified")
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, echo) // WeChat asks again if it did not get this
}

// delivery is one authentic request: a push, and by what it is answered.
type delivery struct {
	push  *wechat.Push
	token string
	key   *crypt.Key // nil: the push was not sealed, nor is its answer
}

// open reads, authenticates and parses a push. Plain requests prove themselves by signature, sealed ones by msg_signature,
// which covers the body; the signature that these carry too is not looked at. Compatible mode sends the clear fields beside
// the sealed ones: what counts is sealed.
func (h *Handler) open(w http.ResponseWriter, r *http.Request) (delivery, error) {
	p := proofOf(r.URL.Query())
	switch {
	case p.encryptType == "aes" && len(h.keys) > 0:
		return h.openSealed(w, r, p)
	case p.encryptType != "aes" && p.encryptType != "raw" && p.encryptType != "":
		return delivery{}, bad("malformed", "encrypt_type is neither raw nor aes")
	}
	token, err := h.check(p.signature, p)
	switch {
	case err != nil:
		return delivery{}, err
	case p.encryptType == "aes":
		return delivery{}, bad("sealed-in-plain-mode", "the push is encrypted, but the account has no aes_key")
	case !h.plain:
		return delivery{}, bad("plain-in-safe-mode", "the push is not encrypted, but the account has an aes_key")
	}
	body, err := h.read(w, r)
	if err != nil {
		return delivery{}, err
	}
	return h.parsed(body, delivery{token: token})
}

func (h *Handler) openSealed(w http.ResponseWriter, r *http.Request, p proof) (delivery, error) {
	body, err := h.read(w, r)
	if err != nil {
		return delivery{}, err
	}
	_, envelope, err := wechat.ParseEnvelope(body)
	if err != nil {
		return delivery{}, bad("malformed", err.Error())
	}
	token, err := h.check(p.msgSignature, p, envelope)
	if err != nil {
		return delivery{}, err
	}
	failed := bad("bad-envelope", "the push opens with no aes_key of the account")
	for i := range h.keys {
		doc, err := h.keys[i].Open(envelope, h.c.AppID)
		if err == nil {
			return h.parsed(doc, delivery{token: token, key: &h.keys[i]})
		}
		if errors.Is(err, crypt.ErrReceiver) {
			failed = bad("wrong-appid", "the push was sealed for another AppID")
		}
	}
	return delivery{}, failed
}

func (h *Handler) parsed(doc []byte, d delivery) (delivery, error) {
	p, err := wechat.Parse(doc)
	if err != nil {
		return delivery{}, bad("malformed", err.Error())
	}
	d.push = p
	return d, nil
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, "too-large", "the body is larger than " + strconv.FormatInt(h.c.MaxBody, 10) + " bytes"}
	if r.ContentLength > h.c.MaxBody {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.c.MaxBody))
	var overflow *http.MaxBytesError
	switch {
	case errors.As(err, &overflow):
		return nil, tooLarge
	case err != nil:
		return nil, bad("malformed", "the body could not be read to its end")
	}
	return body, nil
}
