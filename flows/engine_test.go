package flows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

func TestQuietWaitsForTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fan := store.FanID{Account: account, OpenID: "fan"}
		p := w.push("fan", "text", "", "", textBody("x"))
		if _, err := w.engine.Receive(t.Context(), account, p); err != nil {
			t.Fatal(err)
		}
		quiet := make(chan error, 1)
		go func() { quiet <- w.engine.Quiet(t.Context(), fan) }()
		synctest.Wait()
		select {
		case <-quiet:
			t.Fatal("quiet before the answer was written")
		default:
		}
		w.engine.Written(account, p)
		synctest.Wait()
		if err := <-quiet; err != nil {
			t.Error(err)
		}

		if _, err := w.engine.Receive(t.Context(), account, p); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := w.engine.Quiet(t.Context(), fan); err != nil {
			t.Error(err)
		}
		expect(t, "patience", time.Since(began), 15*time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.engine.Quiet(ctx, fan); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// slow holds the first commit of a fan until it is let go.
type slow struct {
	store.Store
	began, let chan struct{}
}

func (s *slow) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if c.Cause == "slow" || strings.Contains(c.Fan.OpenID, "slow") && c.Base == 0 {
		close(s.began)
		<-s.let
	}
	return s.Store.Commit(ctx, c)
}

func TestFansDoNotWaitForEachOther(t *testing.T) {
	s := &slow{Store: mem.New(), began: make(chan struct{}), let: make(chan struct{})}
	w := newWorldOn(t, s)
	w.flow(handler(`fan:reply(event.text)`))
	p := w.push("slow", "text", "", "", textBody("start"))
	first := make(chan error, 1)
	go func() {
		_, err := w.engine.Receive(t.Context(), account, p)
		first <- err
	}()
	<-s.began
	w.text("other", "start")
	expect(t, "another fan", w.text("other", "x"), "x")

	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	second := w.push("slow", "text", "", "", textBody("x"))
	go func() {
		_, err := w.engine.Receive(ctx, account, second)
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("gave up: %v", err)
	}
	close(s.let)
	if err := <-first; err != nil {
		t.Error(err)
	}
	expect(t, "afterwards", w.text("slow", "y"), "y")
}

func TestLateReplies(t *testing.T) {
	w := newWorld(t)
	p := w.push("fan", "text", "", "", textBody("x"))
	w.receive(p)
	for _, r := range []wechat.Reply{
		wechat.TextReply("sorry, late"), wechat.TextReply("sorry, late"), {},
	} {
		if err := w.engine.Late(t.Context(), account, p, r); err != nil {
			t.Fatal(err)
		}
	}
	other := w.push("fan", "text", "", "", textBody("y"))
	if err := w.engine.Late(t.Context(), account, other, wechat.Reply{MsgType: "transfer_customer_service"}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	expect(t, "said", strings.Join(w.said(), ","), "sorry, late")
	var lost []store.Row
	for _, r := range w.rows("fan", store.Settled) {
		if r.Channel == store.Passive {
			lost = append(lost, r)
		}
	}
	if len(lost) != 1 || lost[0].Name != "failed" {
		t.Errorf("lost: %+v", lost)
	}
}

func TestLateRepliesOfEveryKind(t *testing.T) {
	articles := []wechat.Article{{Title: "a", URL: "https://a.example"}, {Title: "b"}}
	for name, tt := range map[string]struct {
		reply wechat.Reply
		want  []string // contents of the sends
	}{
		"image": {wechat.Reply{MsgType: "image", MediaID: "M"}, []string{`{"image":"M"}`}},
		"voice": {wechat.Reply{MsgType: "voice", MediaID: "M"}, []string{`{"voice":"M"}`}},
		"video": {
			wechat.Reply{MsgType: "video", MediaID: "M", Thumb: "T", Title: "t", Desc: "d"},
			[]string{`{"video":{"media_id":"M","thumb_media_id":"T","title":"t","description":"d"}}`},
		},
		"music": {
			wechat.Reply{MsgType: "music", Thumb: "T", Title: "t", Desc: "d", MusicURL: "u", HQMusic: "h"},
			[]string{`{"music":{"title":"t","description":"d","musicurl":"u","hqmusicurl":"h","thumb_media_id":"T"}}`},
		},
		"news": {
			wechat.Reply{MsgType: "news", Articles: articles},
			[]string{`{"articles":[{"title":"a","url":"https://a.example"}]}`, `{"articles":[{"title":"b"}]}`},
		},
		"news without an article": {wechat.Reply{MsgType: "news"}, nil},
		"transfer_biz_ai_ivr":     {wechat.Reply{MsgType: "transfer_biz_ai_ivr"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.push("fan", "text", "", "", textBody("x"))
			w.receive(p)
			if err := w.engine.Late(t.Context(), account, p, tt.reply); err != nil {
				t.Fatal(err)
			}
			w.settle()
			var got []string
			for _, s := range w.sent {
				got = append(got, string(s.Content))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
			expect(t, "ordered", len(w.rows("fan", store.Ordered)), len(tt.want))
			if lost := w.rows("fan", store.Settled); tt.want == nil && (len(lost) != 1 || !strings.Contains(lost[0].Why, "cannot go by customer service")) {
				t.Errorf("lost: %+v", lost)
			}
		})
	}
}

func TestUnknownAccount(t *testing.T) {
	w := newWorld(t)
	if _, err := w.engine.Receive(t.Context(), "nobody", w.push("fan", "text", "", "", textBody("x"))); !errors.Is(err, flows.ErrNoAccount) {
		t.Errorf("receive: %v", err)
	}
	if err := w.engine.Wake(t.Context(), store.Job{ID: "x", Account: "nobody", Kind: "timer"}); !errors.Is(err, flows.ErrNoAccount) {
		t.Errorf("wake: %v", err)
	}
}

func TestAJobThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	w.subscribe("fan", "")
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "timer"}, "", 10)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	w.advance(day)
	rows := len(w.journal("fan"))
	if err := w.engine.Wake(t.Context(), jobs[0]); err != nil {
		t.Error(err)
	}
	expect(t, "rows", len(w.journal("fan")), rows)
}
