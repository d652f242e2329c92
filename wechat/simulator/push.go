package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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
	doc    []byte // in the account's format; the same in every delivery
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
	if s.cfg.PublicURL == "" || s.withAgent(a, p) {
		return nil
	}
	s.work.begin()
	defer s.work.finish()
	f := a.takeFault(onPush, p.name)
	if f != nil && f.Swap {
		s.hold(a, p, f)
		return nil
	}
	defer a.release(p.openID)
	return s.send(ctx, a, p, f)
}

// send makes the deliveries of a push, the first of them with the fault.
func (s *Server) send(ctx context.Context, a *account, p push, f *fault) *Item {
	started, next, extra := time.Now(), a.wrap(p, s.Now()), 0
	same := s.cfg.Switches.SameNonce
	var answer []byte
	err := errors.New("not delivered")
	for n := range deliveries {
		if n > 0 {
			pause(ctx, s.life, s.cfg.Switches.RepeatPause)
			f = a.takeFault(onPush, p.name)
		}
		if f != nil {
			extra, same = extra+f.Repeat, same || f.SameNonce
			f.wait(ctx, s.life)
		}
		if n > 0 && !same {
			next = a.wrap(p, s.Now())
		}
		answer, err = s.deliver(ctx, a, next, f)
		if err == nil || ctx.Err() != nil {
			break
		}
		s.cfg.Logger.Warn("a push was not answered", "account", a.Name, "push", p.name, "delivery", n+1, "err", err)
	}
	if ctx.Err() == nil {
		a.noteCallback(time.Since(started), err != nil, s.Now())
	}
	for range extra {
		if !same {
			next = a.wrap(p, s.Now())
		}
		if _, err := s.deliver(ctx, a, next, nil); err != nil {
			s.cfg.Logger.Debug("an extra delivery was not answered", "account", a.Name, "push", p.name, "err", err)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return s.outcome(a, p, answer, err)
}

// heldPush is a push that waits until the next one of the same fan has been delivered.
type heldPush struct {
	turn chan struct{} // closed when the other has been
	done chan struct{} // closed when this one has been
}

// swapPause is how long a push waits for the next one where its fault names no delay.
const swapPause = 2 * time.Second

// hold delivers p later. Its fan sees of it in the inbox alone.
func (s *Server) hold(a *account, p push, f *fault) {
	if s.life.Err() != nil {
		return
	}
	h := &heldPush{turn: make(chan struct{}), done: make(chan struct{})}
	a.mu.Lock()
	a.held[p.openID] = h
	a.mu.Unlock()
	patience := f.delay
	if patience == 0 {
		patience = swapPause
	}
	s.work.begin()
	s.busy.Go(func() {
		defer s.work.finish()
		defer close(h.done)
		t := time.NewTimer(patience)
		defer t.Stop()
		select {
		case <-h.turn:
		case <-t.C:
		case <-s.life.Done():
		}
		a.mu.Lock()
		if a.held[p.openID] == h {
			delete(a.held, p.openID)
		}
		a.mu.Unlock()
		if s.life.Err() == nil {
			s.send(s.life, a, p, nil)
		}
	})
}

// release lets a push of the fan's that was held go, and waits until it has been delivered.
func (a *account) release(openID string) {
	a.mu.Lock()
	h := a.held[openID]
	delete(a.held, openID)
	a.mu.Unlock()
	if h != nil {
		close(h.turn)
		<-h.done
	}
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
	if item.Kind == kindPassive && !s.cfg.Switches.AnyEventAnswered && unanswered(p) {
		s.cfg.Logger.Warn("the fan does not see the reply: there is none to such an event", "account", a.Name, "push", p.name)
		return nil
	}
	item.At = stamp(s.Now())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.receive(a.fan(p.openID), item)
	return item
}

// unansweredEvents are those to which no reply reaches the fan. The page that said so is gone; this is what callers find. LOCATION is
// not clear, and answered here.
var unansweredEvents = []string{"VIEW", "view_miniprogram", "scancode_push", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"}

func unanswered(p push) bool {
	return p.event && slices.ContainsFunc(unansweredEvents, func(name string) bool { return strings.EqualFold(name, p.name) })
}

// maxAnswer is the largest answer to a push that is read, in bytes.
const maxAnswer = 1 << 20

// deliver posts a push once and returns the answer's body. An error means that it has to be repeated: no connection, no
// answer in time, or a status other than 200 (unless the switch says that such an answer is one).
func (s *Server) deliver(ctx context.Context, a *account, l letter, f *fault) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PushTimeout)
	defer cancel()
	var body io.Reader = bytes.NewReader(l.body)
	if f != nil && f.slow > 0 {
		body = &slowReader{ctx: ctx, rest: l.body, pause: f.slow / slowParts, part: len(l.body)/slowParts + 1}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.callback(a)+"?"+l.query, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(l.body))
	req.Header.Set("Content-Type", a.contentType())
	req.Header.Set("User-Agent", userAgent)
	res, err := s.cfg.Client.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, plainError(err)
	case f != nil && f.Reset:
		return nil, errors.New("the connection was cut by a fault that was asked for")
	case res.StatusCode != http.StatusOK && !s.cfg.Switches.NonOKIsAnswer:
		return nil, fmt.Errorf("the callback answered HTTP %d", res.StatusCode)
	}
	return answer, nil
}

// userAgent is what the platform's pushes come with, by an access log of March 2025.
const userAgent = "Mozilla/4.0"

// slowReader gives a body in parts, with pauses between them.
type slowReader struct {
	ctx   context.Context
	rest  []byte
	pause time.Duration
	part  int
}

const slowParts = 10

func (r *slowReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	pause(r.ctx, r.ctx, r.pause)
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n := copy(b, r.rest[:min(r.part, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
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
	query := "signature=" + crypt.Signature(a.Token, timestamp, nonce) + "&timestamp=" + timestamp + "&nonce=" + nonce + "&echostr=" + echo
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PushTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.callback(a)+"?"+query, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", userAgent)
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
