package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// funnelBody is the data of funnel.html.
type funnelBody struct {
	Flow, Title string
	From, To    string
	Any         bool // somebody entered in these days
	Steps       []bar
	Presets     []preset
}

// bar is a step as it is drawn: its parts follow one another in a picture that is barWidth wide.
type bar struct {
	stepView
	Share                     string // of those who entered the first step
	CompletedTo, WaitingWidth int64
	DroppedFrom, DroppedWidth int64
}

const barWidth = 1000

// preset is a link to a span of days that is often asked for.
type preset struct {
	Key    string
	Query  string
	Active bool
}

func (s *server) funnelPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	f, err := s.funnel(r, a)
	if err != nil {
		return err
	}
	info, err := s.flowInfo(r, a, f.Flow)
	if err != nil {
		return err
	}
	body := funnelBody{Flow: f.Flow, Title: info.Title, From: f.From, To: f.To, Steps: bars(f.Steps)}
	body.Any = len(f.Steps) > 0 && widest(f.Steps) > 0
	today := s.Now().In(a.Location)
	for _, p := range []struct {
		key  string
		days int
	}{{"funnel.days7", 7}, {"funnel.days30", 30}, {"funnel.all", 0}} {
		q := url.Values{}
		if p.days > 0 {
			q.Set("from", today.AddDate(0, 0, 1-p.days).Format(time.DateOnly))
			q.Set("to", today.Format(time.DateOnly))
		}
		body.Presets = append(body.Presets, preset{p.key, q.Encode(), q.Get("from") == f.From && q.Get("to") == f.To})
	}
	title := info.Title
	if title == "" {
		title = f.Flow
	}
	return s.member(w, r, "funnel", page{Title: title, Active: "flows", Account: a, Body: body})
}

func widest(steps []stepView) (most int64) {
	for _, st := range steps {
		most = max(most, st.Entered)
	}
	return most
}

// bars scales the steps to the widest.
func bars(steps []stepView) []bar {
	most := max(widest(steps), 1)
	var out []bar
	for i, st := range steps {
		b := bar{stepView: st}
		at := func(n int64) int64 { return n * barWidth / most }
		b.CompletedTo = at(st.Completed)
		b.DroppedFrom = at(st.Completed + st.Waiting)
		b.WaitingWidth = b.DroppedFrom - b.CompletedTo
		b.DroppedWidth = at(st.Entered) - b.DroppedFrom
		if first := steps[0].Entered; i > 0 && first > 0 {
			b.Share = fmt.Sprintf("%d %%", (st.Entered*100+first/2)/first)
		}
		out = append(out, b)
	}
	return out
}
