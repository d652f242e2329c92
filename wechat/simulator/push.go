package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fanflow/wechat/crypt"
)

// push is one message or event on its way to an account's callback.
type push struct {
	openID string
	name   string // message type or event, for faults
	event  bool
	doc    []byte // the plain document: the same in every delivery
	silent bool   // the fan did nothing, or is gone: no fault line is shown, no reply arrives
}

// deliveries is how often the platform tries: the first time and two repeats.
// Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
const deliveries = 3

// faultLine is what a fan reads where an account's answer is missing or no use. The pages print another wording
// (该公众号暂时无法提供服务，请稍后再试); clients have shown this one since about 2018.
const faultLine = "该公众号提供的服务出现故障，请稍后再试"

// push delivers p up to three times until it is answered, and returns what the fan sees of it, nil for nothing. The answer to
// any delivery counts: success or an empty body shows nothing, a valid reply is shown, and whatever else is the fault line,
// as is no answer at all. No lock may be held.
func (s *Server) push(ctx context.Context, a *account, p push) *Item {
	if s.cfg.PublicURL == "" {
		return nil
	}
	s.work.begin()
	defer s.work.finish()
	started := time.Now()
	var query url.Values
	var body, answer []byte
	err := errors.New("not delivered")
	extra := 0
	for n := range deliveries {
		if n > 0 {
			pause(ctx, s.life, s.cfg.Switches.RepeatPause)
		}
		if n == 0 || !s.cfg.Switches.SameNonce {
			query, body = a.wrap(p, s.Now())
		}
		f := a.takeFault(onPush, p.name)
		if f != nil {
			extra += f.Repeat
			f.wait(ctx, s.life)
		}
		answer, err = s.deliver(ctx, a, query, body)
		if f != nil && f.Reset {
			err = errors.New("the connection was cut by a fault that was asked for")
		}
		if err == nil || ctx.Err() != nil {
			break
		}
		s.cfg.Logger.Warn("a push was not answered", "account", a.Name, "push", p.name, "delivery", n+1, "err", err)
	}
	if ctx.Err() == nil {
		a.noteCallback(time.Since(started), err != nil, s.Now())
	}
	for range extra {
		query, body = a.wrap(p, s.Now())
		if _, err := s.deliver(ctx, a, query, body); err != nil {
			s.cfg.Logger.Debug("an extra delivery was not answered", "account", a.Name, "push", p.name, "err", err)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return s.outcome(a, p, answer, err)
}

// outcome puts what the fan sees into the inbox.
func (s *Server) outcome(a *account, p push, answer []byte, err error) *Item {
	var item *Item
	if err == nil {
		item, err = s.readAnswer(a, p, answer)
	}
	if err != nil {
		s.cfg.Logger.Warn("the fan sees the fault line", "account", a.Name, "push", p.name, "why", err, "shown", !p.silent)
		item = &Item{Kind: kindFault, MsgType: "text", Content: faultLine, Why: err.Error()}
	}
	if item == nil || p.silent {
		return nil
	}
	item.At = stamp(s.Now())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.receive(a.fan(p.openID), item)
	return item
}

// wrap is query and body of one delivery in the account's mode.
func (a *account) wrap(p push, now time.Time) (url.Values, []byte) {
	timestamp, nonce := strconv.FormatInt(now.Unix(), 10), newNonce()
	q := url.Values{
		"signature": {crypt.Signature(a.Token, timestamp, nonce)},
		"timestamp": {timestamp},
		"nonce":     {nonce},
		"openid":    {p.openID},
	}
	if a.mode == modePlain {
		return q, p.doc
	}
	sealed, err := a.key.Seal(p.doc, a.AppID)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err)) // the system has no random numbers
	}
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", crypt.Signature(a.Token, timestamp, nonce, sealed))
	if a.mode == modeCompatible {
		body := bytes.TrimSuffix(p.doc, []byte("</xml>"))
		return q, append(body[:len(body):len(body)], "<Encrypt><![CDATA["+sealed+"]]></Encrypt></xml>"...)
	}
	return q, []byte("<xml><ToUserName><![CDATA[" + a.original + "]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>")
}

// newNonce is a decimal number of up to ten digits, as the platform's are.
func newNonce() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(uint64(b[0])<<24|uint64(b[1])<<16|uint64(b[2])<<8|uint64(b[3]), 10)
}

// maxAnswer is the largest answer to a push that is read, in bytes.
const maxAnswer = 1 << 20

// deliver posts a push once and returns the answer's body. An error means that it has to be repeated: no connection, no
// answer in time, or a status other than 200 (unless the switch says that such an answer is one).
func (s *Server) deliver(ctx context.Context, a *account, query url.Values, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PushTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.callback(a)+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	res, err := s.cfg.Client.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, plainError(err)
	}
	if res.StatusCode != http.StatusOK && !s.cfg.Switches.NonOKIsAnswer {
		return nil, fmt.Errorf("the callback answered HTTP %d", res.StatusCode)
	}
	return answer, nil
}

// callback is the account's callback URL.
func (s *Server) callback(a *account) string {
	return s.cfg.PublicURL + "/callback/" + url.PathEscape(a.Name)
}

// plainError drops the URL from an error of net/http: it holds signatures.
func plainError(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		if e.Timeout() {
			return errors.New("no answer in time")
		}
		return e.Err
	}
	return err
}

// verify asks the callback for the echo that the platform wants before it takes a URL. A nil error means it is taken.
// Source: developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html (checking the server's address)
func (s *Server) verify(ctx context.Context, a *account) error {
	if s.cfg.PublicURL == "" {
		return errors.New("no public URL is configured")
	}
	timestamp, nonce, echo := strconv.FormatInt(s.Now().Unix(), 10), newNonce(), newNonce()+newNonce()
	q := url.Values{
		"signature": {crypt.Signature(a.Token, timestamp, nonce)},
		"timestamp": {timestamp},
		"nonce":     {nonce},
		"echostr":   {echo},
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PushTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.callback(a)+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	res, err := s.cfg.Client.Do(req)
	if err != nil {
		return plainError(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return plainError(err)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("the callback answered HTTP %d", res.StatusCode)
	case string(body) != echo:
		return fmt.Errorf("the callback answered %s instead of the echostr, byte for byte", strconv.Quote(cut(string(body), 60)))
	}
	return nil
}

// cut shortens s to at most n bytes for a message.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
