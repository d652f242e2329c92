package flows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/store"
	"fanflow/store/mem"
)

// doubtful answers the next commit of a fan with an error, before or after it was made.
type doubtful struct {
	store.Store
	fail    bool
	applied bool
	changes []store.Change
}

func (s *doubtful) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if c.Fan.OpenID == "" {
		return s.Store.Commit(ctx, c)
	}
	s.changes = append(s.changes, c)
	if !s.fail {
		return s.Store.Commit(ctx, c)
	}
	s.fail = false
	if s.applied {
		if _, err := s.Store.Commit(ctx, c); err != nil {
			return store.Receipt{}, err
		}
	}
	return store.Receipt{}, errors.New("the disk did not answer")
}

// TestAnUnknownCommit: an error of a commit means unknown. The platform delivers again; the same decision is made again, or
// what it came to is found.
func TestAnUnknownCommit(t *testing.T) {
	for name, applied := range map[string]bool{"not made": false, "made": true} {
		t.Run(name, func(t *testing.T) {
			s := &doubtful{Store: mem.New(), applied: applied}
			w := newWorldOn(t, s)
			w.coupon()
			w.subscribe("fan", "")
			p := w.push("fan", "text", "", "", textBody("1"))
			s.fail = true
			if _, err := w.engine.Receive(t.Context(), account, p); err == nil {
				t.Fatal("no error")
			}
			expect(t, "reply", w.receive(p).Content, "您的券码:SPRING-0001,7 天内到店可用。")
			if !applied {
				last := len(s.changes) - 1
				if diff := cmp.Diff(s.changes[last-1], s.changes[last]); diff != "" {
					t.Errorf("the same event was decided otherwise:\n%s", diff)
				}
			}
			w.subscribe("other", "")
			expect(t, "the next code", w.text("other", "1"), "您的券码:SPRING-0002,7 天内到店可用。")
		})
	}
}
