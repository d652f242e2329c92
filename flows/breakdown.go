package flows

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
)

// FunnelBy is Funnel with the enrollments divided by what was known when they began: by is version, trigger, scene, tag, day or
// variant:NAME with the name of an experiment; holdout is the experiment of who is held out. Empty: not divided. A fan counts
// under each of their tags, so the groups of tag do not add up to the whole. A *ByError for another word.
func (e *Engine) FunnelBy(ctx context.Context, account, flow, from, to, by string) (Funnel, error) {
	f := Funnel{Flow: flow, From: from, To: to, By: by}
	for _, day := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return f, fmt.Errorf("%q is no day: write it as 2006-01-02", day)
		}
	}
	if !divides(by) {
		return f, &ByError{by}
	}
	c, err := e.pick(ctx, account, flow, 0)
	if err != nil {
		return f, err
	}
	counts, err := e.store.Counts(ctx, account, flow, from, to)
	if err != nil {
		return f, fmt.Errorf("read the counts of flow %s: %w", flow, err)
	}
	all, days := cells{}, map[string]cells{}
	for _, n := range counts {
		all.add(n)
		into(days, n.Day).add(n)
	}
	f.Tally = all.tally(c.declaration)
	switch by {
	case "":
		return f, nil
	case "day":
		f.group(c.declaration, days)
		return f, nil
	}
	groups, err := e.cohorts(ctx, account, flow, store.CohortQuery{From: from, To: to, Tags: by == "tag"}, by)
	if err != nil {
		return f, err
	}
	f.group(c.declaration, groups)
	return f, nil
}

// ByError reports a word that a funnel cannot be divided by.
type ByError struct{ By string }

func (e *ByError) Error() string {
	return fmt.Sprintf("a funnel cannot be divided by %q: use version, trigger, scene, tag, day, or variant: with the name of an experiment", e.By)
}

func divides(by string) bool {
	experiment, ok := strings.CutPrefix(by, "variant:")
	return ok && experiment != "" || slices.Contains([]string{"", "version", "trigger", "scene", "tag", "day"}, by)
}

// cohorts sums the cells of cohorts, or of tags, by what they are divided by.
func (e *Engine) cohorts(ctx context.Context, account, flow string, q store.CohortQuery, by string) (map[string]cells, error) {
	groups := map[string]cells{}
	for cursor := ""; ; {
		page, next, err := e.store.Cohorts(ctx, account, flow, q, cursor, 1000)
		if err != nil {
			return nil, fmt.Errorf("read the cohorts of flow %s: %w", flow, err)
		}
		for _, n := range page {
			value, err := valueOf(n, by)
			if err != nil {
				return nil, err
			}
			into(groups, value).add(n.Count)
		}
		if cursor = next; next == "" {
			return groups, nil
		}
	}
}

// valueOf gives the group that a cell belongs to.
func valueOf(n store.CohortCount, by string) (string, error) {
	if by == "tag" {
		return n.Tag, nil
	}
	c, err := store.ParseCohort(n.Cohort)
	if err != nil {
		return "", err
	}
	switch by {
	case "version":
		return strconv.Itoa(c.Version), nil
	case "trigger":
		return c.Trigger, nil
	case "scene":
		return c.Scene, nil
	}
	return c.Variants[strings.TrimPrefix(by, "variant:")], nil
}

// cells are sums of counts by state and goal.
type cells map[cellKey]*store.Count

type cellKey struct{ state, goal string }

func into(groups map[string]cells, value string) cells {
	if groups[value] == nil {
		groups[value] = cells{}
	}
	return groups[value]
}

func (cs cells) add(n store.Count) {
	k := cellKey{n.State, n.Goal}
	if cs[k] == nil {
		cs[k] = &store.Count{}
	}
	cs[k].Add(n)
}

// tally reads the sums by what the flow declares.
func (cs cells) tally(d *declaration) Tally {
	t := Tally{Steps: []Step{}, States: []Reach{}, Goals: []Reach{}}
	if n := cs[cellKey{}]; n != nil {
		t.Entered, t.Completed, t.Dropped = n.Entered, n.Completed, n.Dropped
	}
	for _, name := range d.Funnel {
		s := Step{State: name}
		if n := cs[cellKey{state: name}]; n != nil {
			s.Entered, s.Completed, s.Dropped, s.MedianSeconds, s.P90Seconds = n.Entered, n.Completed, n.Dropped, n.MedianSeconds(), n.Quantile(0.9)
		}
		t.Steps = append(t.Steps, s)
	}
	reach := func(name string, n *store.Count) Reach {
		if n == nil {
			return Reach{Name: name}
		}
		return Reach{name, n.Entered, n.StayQuantile(0.5), n.StayQuantile(0.9)}
	}
	for _, name := range d.Order {
		t.States = append(t.States, reach(name, cs[cellKey{state: name}]))
	}
	keys := slices.SortedFunc(maps.Keys(cs), func(a, b cellKey) int {
		return cmp.Or(strings.Compare(a.state, b.state), strings.Compare(a.goal, b.goal))
	})
	for _, k := range keys {
		switch n := cs[k]; {
		case k.goal != "":
			t.Goals = append(t.Goals, Reach{k.goal, n.Entered, n.MedianSeconds(), n.Quantile(0.9)})
		case k.state != "" && d.States[k.state] == nil:
			t.States = append(t.States, reach(k.state, n))
		}
	}
	return t
}

// group adds the groups in the order in which they are shown.
func (f *Funnel) group(d *declaration, groups map[string]cells) {
	f.Groups = []Group{}
	for _, value := range slices.Sorted(maps.Keys(groups)) {
		f.Groups = append(f.Groups, Group{Value: value, Tally: groups[value].tally(d)})
	}
	switch f.By {
	case "day":
	case "version":
		slices.SortStableFunc(f.Groups, func(a, b Group) int {
			return cmp.Or(cmp.Compare(len(a.Value), len(b.Value)), strings.Compare(a.Value, b.Value)) // as numbers
		})
	default:
		slices.SortStableFunc(f.Groups, func(a, b Group) int { return cmp.Compare(b.Entered, a.Entered) })
	}
	if f.More = max(0, len(f.Groups)-MaxGroups); f.More > 0 {
		if f.By == "day" || f.By == "version" {
			f.Groups = f.Groups[f.More:] // the latest
		} else {
			f.Groups = f.Groups[:MaxGroups]
		}
	}
}
