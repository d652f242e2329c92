package simulator

import (
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
)

// window is what is left of one kind of customer-service window.
type window struct {
	Left  int       `json:"left"`
	Until time.Time `json:"until"`
}

// allowance is what an action opens: five messages in 48 hours after a message of the fan's, three in a minute after a
// subscription, a scan, or a menu click of the types click, scancode_push and scancode_waitmsg.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
func allowance(by string) (messages int, life time.Duration) {
	if by == openedByMessage {
		return 5, 48 * time.Hour
	}
	return 3, time.Minute
}

// openWindow notes an action of the fan's. How it meets a live window of the same kind is the rule's to say; windows of
// different kinds stand side by side.
func (f *fan) openWindow(by string, rule WindowRule, now time.Time) {
	n, life := allowance(by)
	old, live := f.Windows[by]
	live = live && now.Before(old.Until)
	switch {
	case live && rule == WindowsStrict:
		return
	case live && rule == WindowsAccumulate:
		n += old.Left
	}
	if f.Windows == nil {
		f.Windows = map[string]window{}
	}
	f.Windows[by] = window{Left: n, Until: now.Add(life)}
}

// spendWindow takes one message from the live window that ends first. The error is 45015 where none is live and 45047 where
// the live ones are used up.
func (f *fan) spendWindow(now time.Time) error {
	best, live := "", false
	for _, by := range slices.Sorted(maps.Keys(f.Windows)) {
		w := f.Windows[by]
		if !now.Before(w.Until) {
			continue
		}
		live = true
		if w.Left > 0 && (best == "" || w.Until.Before(f.Windows[best].Until)) {
			best = by
		}
	}
	switch {
	case !live:
		return fail(45015)
	case best == "":
		return fail(45047)
	}
	w := f.Windows[best]
	w.Left--
	f.Windows[best] = w
	return nil
}
