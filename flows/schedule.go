package flows

import (
	"fmt"
	"strings"
	"time"

	"fanflow/plugins"
)

// optionsOf takes the options out of t.
func optionsOf(t map[string]any) (o sendOptions, err error) {
	for _, f := range []struct {
		name string
		to   *string
	}{{"at", &o.At}, {"after", &o.After}, {"expires", &o.Expires}, {"key", &o.Key}, {"purpose", &o.Purpose}, {"late", &o.Late}} {
		if *f.to, err = takeString(t, f.name); err != nil {
			return o, err
		}
	}
	return o, o.check()
}

func (o *sendOptions) check() error {
	if o.At != "" && o.After != "" {
		return fmt.Errorf("at and after exclude each other")
	}
	if o.At != "" && !strings.Contains(o.At, "${") {
		if _, err := plugins.ParseWhen(o.At, time.Unix(0, 0), time.UTC); err != nil {
			return fmt.Errorf("at: %w", err)
		}
	}
	for _, d := range []string{o.After, o.Expires} {
		if d == "" || strings.Contains(d, "${") {
			continue
		}
		if _, err := parseDelay(d); err != nil {
			return err
		}
	}
	if o.Purpose != "" && o.Purpose != service && o.Purpose != campaign {
		return fmt.Errorf("purpose is \"service\" or \"campaign\", not %q", o.Purpose)
	}
	if o.Key != "" {
		if err := checkScheduleKey(o.Key); err != nil {
			return err
		}
	}
	if o.Late == "" {
		return nil
	}
	_, err := parseLate(o.Late)
	return err
}

// checkScheduleKey refuses names that no key can have. A "+" at the end tells the pieces of a long message apart.
func checkScheduleKey(key string) error {
	if strings.HasSuffix(key, "+") {
		return fmt.Errorf("a key must not end in \"+\": %q", key)
	}
	return checkWord("key", key)
}

// schedule reads when something is due and until when it makes sense; a zero expires is for ever.
func (w *walk) schedule(o sendOptions) (due, expires time.Time, err error) {
	d := w.d
	due = d.draft.at
	switch {
	case o.At != "":
		if due, err = plugins.ParseWhen(o.At, d.draft.at, d.account.Location); err != nil {
			return due, expires, fmt.Errorf("at: %w", err)
		}
	case o.After != "":
		wait, err := parseDelay(o.After)
		if err != nil {
			return due, expires, fmt.Errorf("after: %w", err)
		}
		due = due.Add(wait)
	}
	if o.Expires != "" {
		wait, err := parseDelay(o.Expires)
		if err != nil {
			return due, expires, fmt.Errorf("expires: %w", err)
		}
		expires = due.Add(wait)
	}
	return due, expires, nil
}

// fillOptions fills in the ${…} of when something is to happen and of its key.
func (w *walk) fillOptions(o sendOptions) (sendOptions, error) {
	filled := o
	for _, s := range []*string{&filled.At, &filled.After, &filled.Expires, &filled.Key} {
		*s = w.fill(*s)
	}
	if filled == o {
		return o, nil
	}
	switch {
	case o.At != "" && filled.At == "":
		return filled, fmt.Errorf("at: nothing stands in %q for this fan", o.At)
	case o.After != "" && filled.After == "":
		return filled, fmt.Errorf("after: nothing stands in %q for this fan", o.After)
	case o.Key != "" && filled.Key == "":
		return filled, fmt.Errorf("key: nothing stands in %q for this fan", o.Key)
	}
	return filled, filled.check()
}

// texts shows the texts of the options in which ${…} is filled in.
func (o *sendOptions) texts(see func(string)) {
	for _, s := range []string{o.At, o.After, o.Expires, o.Key} {
		see(s)
	}
}

// lateRule is what late comes to for a message of this flow, as the outbox reads it: empty to send it all the same, skip, or the
// hours of the day that it waits for.
func (w *walk) lateRule(o sendOptions) string {
	if o.Late == "" {
		return ""
	}
	l, err := parseLate(o.Late)
	switch {
	case err != nil || l.Policy == "run":
		return ""
	case l.Policy != "next":
		return l.Policy
	}
	h := l.allowed(w.flow.Hours, w.d.account)
	if h == (Hours{}) {
		return ""
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.To/60, h.To%60)
}
