package simulator

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// What opens a customer-service window.
const (
	openedByMessage   = "message"
	openedBySubscribe = "subscribe"
	openedByScan      = "scan"
	openedByClick     = "click"
	openedByPayment   = "payment" // service accounts only
)

// windows are a fan's, one for each thing that opens one; a slice, as most fans have one or none.
type windows []window

// window is what is left of one kind of customer-service window.
type window struct {
	By    string    `json:"by"`
	Left  int       `json:"left"` // unlimited: as many as one likes
	Until time.Time `json:"until"`
}

const unlimited = -1

// UnmarshalJSON takes the older form, too: an object of windows by what opened them.
func (w *windows) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, (*[]window)(w))
	}
	var old map[string]window
	if err := json.Unmarshal(b, &old); err != nil {
		return err
	}
	*w = nil
	for _, by := range slices.Sorted(maps.Keys(old)) {
		*w = append(*w, window{By: by, Left: old[by].Left, Until: old[by].Until})
	}
	return nil
}

// of returns the window of a kind, nil where it was never opened.
func (w windows) of(by string) *window {
	if i := slices.IndexFunc(w, func(w window) bool { return w.By == by }); i >= 0 {
		return &w[i]
	}
	return nil
}

// allowance is what an action opens: five messages in 48 hours after a message of the fan's, three in a minute after a
// subscription, a scan, or a menu click of the types click, scancode_push and scancode_waitmsg. A payment opens 48 hours
// without a count; the guide of service accounts has it, the call's own page does not.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
func allowance(by string) (messages int, life time.Duration) {
	switch by {
	case openedByMessage:
		return 5, 48 * time.Hour
	case openedByPayment:
		return unlimited, 48 * time.Hour
	}
	return 3, time.Minute
}

// openWindow notes an action of the fan's. How it meets a live window of the same kind is the rule's to say; windows of
// different kinds stand side by side.
func (f *fan) openWindow(by string, rule WindowRule, now time.Time) {
	if by == openedByMessage {
		f.Heard = now
	}
	n, life := allowance(by)
	old := f.Windows.of(by)
	live := old != nil && now.Before(old.Until)
	switch {
	case live && rule == WindowsStrict:
		return
	case live && rule == WindowsAccumulate && n != unlimited:
		n += old.Left
	}
	next := window{By: by, Left: n, Until: now.Add(life)}
	if old != nil {
		*old = next
		return
	}
	f.Windows = append(f.Windows, next)
}

// spendWindow takes one message from the live window that ends first. The error is 45015 where none is live and 45047 where
// the live ones are used up. A payment opens nothing for a subscription account.
func (a *account) spendWindow(f *fan, now time.Time) error {
	var best *window
	live := false
	for i := range f.Windows {
		w := &f.Windows[i]
		if !now.Before(w.Until) || w.By == openedByPayment && a.Type != typeService {
			continue
		}
		live = true
		if w.Left != 0 && (best == nil || w.Until.Before(best.Until)) {
			best = w
		}
	}
	switch {
	case !live:
		return fail(45015)
	case best == nil:
		return fail(45047)
	}
	if best.Left != unlimited {
		best.Left--
	}
	return nil
}
