package callback

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
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
type proof struct{ signature, msgSignature, timestamp, nonce, encryptType, echo string }

// proofOf reads a query without making a map of it. Of a name that occurs twice the first counts.
func proofOf(query string) proof {
	var p proof
	var seen [6]bool
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		i, field := p.field(name)
		if field == nil || seen[i] {
			continue
		}
		if text, err := url.QueryUnescape(value); err == nil {
			*field, seen[i] = text, true
		}
	}
	p.encryptType = strings.ToLower(p.encryptType)
	return p
}

func (p *proof) field(name string) (int, *string) {
	switch name {
	case "signature":
		return 0, &p.signature
	case "msg_signature":
		return 1, &p.msgSignature
	case "timestamp":
		return 2, &p.timestamp
	case "nonce":
		return 3, &p.nonce
	case "encrypt_type":
		return 4, &p.encryptType
	case "echostr":
		return 5, &p.echo
	}
	return 0, nil
}

// check looks for the token by which signature is that of timestamp, nonce and envelope, which is empty for what is not
// sealed: an empty part adds nothing to a signature.
func (h *Handler) check(signature string, p proof, envelope string) (token string, err error) {
	for _, token := range h.tokens {
		if crypt.Verify(signature, token, p.timestamp, p.nonce, envelope) {
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
	p := proofOf(r.URL.RawQuery)
	if _, err := h.check(p.signature, p, ""); err != nil {
		h.refuse(w, err)
		return
	}
	if p.echo == "" {
		h.refuse(w, bad("malformed", "there is no echostr"))
		return
	}
	h.c.Observe("verified")
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, p.echo) // WeChat asks again if it did not get this
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
func (h *Handler) open(r *http.Request, p proof) (delivery, error) {
	switch {
	case p.encryptType == "aes" && len(h.keys) > 0:
		return h.openSealed(r, p)
	case p.encryptType != "aes" && p.encryptType != "raw" && p.encryptType != "":
		return delivery{}, bad("malformed", "encrypt_type is neither raw nor aes")
	}
	token, err := h.check(p.signature, p, "")
	switch {
	case err != nil:
		return delivery{}, err
	case p.encryptType == "aes":
		return delivery{}, bad("sealed-in-plain-mode", "the push is encrypted, but the account has no aes_key")
	case !h.plain:
		return delivery{}, bad("plain-in-safe-mode", "the push is not encrypted, but the account has an aes_key")
	}
	// The push keeps its document, so that is in memory of its own; who it is from is known, so its length is believed.
	body, err := h.read(r, make([]byte, 0, min(max(r.ContentLength, 0), h.c.MaxBody)+1))
	if err != nil {
		return delivery{}, err
	}
	return h.parsed(body, delivery{token: token})
}

// outers are buffers for the outer documents of sealed pushes, of which nothing is kept.
var outers = sync.Pool{New: func() any { return new([]byte) }}

// mostPooled is how large a buffer may be to be used again, in bytes.
const mostPooled = 64 << 10

func (h *Handler) openSealed(r *http.Request, p proof) (delivery, error) {
	room := outers.Get().(*[]byte)
	body, err := h.read(r, (*room)[:0])
	if err != nil {
		return delivery{}, err
	}
	defer func() {
		if cap(body) <= mostPooled {
			*room = body
			outers.Put(room)
		}
	}()
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

// read appends the body to into, which grows with what comes and not with what is announced.
func (h *Handler) read(r *http.Request, into []byte) ([]byte, error) {
	body, err := into, error(nil)
	if r.ContentLength <= h.c.MaxBody {
		body, err = readAll(r.Body, into, h.c.MaxBody)
	}
	switch {
	case r.ContentLength > h.c.MaxBody || int64(len(body)) > h.c.MaxBody:
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too-large", "the body is larger than " + strconv.FormatInt(h.c.MaxBody, 10) + " bytes"}
	case err != nil:
		return nil, bad("malformed", "the body could not be read to its end")
	}
	return body, nil
}

// readAll appends what r gives to into, and stops where that is more than most bytes.
func readAll(r io.Reader, into []byte, most int64) ([]byte, error) {
	for int64(len(into)) <= most {
		if len(into) == cap(into) {
			into = slices.Grow(into, 512)
		}
		n, err := r.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		if err == io.EOF {
			return into, nil
		}
		if err != nil {
			return into, err
		}
	}
	return into, nil
}
