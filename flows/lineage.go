package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"fanflow/store"
)

// lineage is what lies between the version that an enrollment is in and the one that is published: it goes through every
// publication, in order, so that it comes out the same whenever that happens.
type lineage struct {
	From *compiled // the enrollment's version; nil for one that cannot be used
	Pubs []pubStep // the publications that it has not gone through, oldest first
}

// pubStep is a publication that an enrollment has to go through.
type pubStep struct {
	store.PastPub
	Flow *compiled // nil for a version that cannot be used
}

// at gives the version of an enrollment that has gone through the publications up to pub.
func (l *lineage) at(version, pub int) *compiled {
	for i := len(l.Pubs) - 1; i >= 0; i-- {
		if p := &l.Pubs[i]; p.No <= pub && p.Version == version {
			return p.Flow
		}
	}
	if l.From != nil && l.From.Version == version {
		return l.From
	}
	return nil
}

// lineages gives the lineage of each of the fan's enrollments that is not in the published version, or has not gone through
// its last publication, by flow.
func (l *library) lineages(ctx context.Context, ed *edition, f *store.Fan) (map[string]*lineage, error) {
	var all map[string]*lineage
	for i := range f.Live {
		n := &f.Live[i]
		if p := ed.ByName[n.Flow]; p != nil && p.Version == n.Version && n.Pub >= p.No {
			continue
		}
		line, err := l.lineage(ctx, ed, f.ID.Account, n)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = map[string]*lineage{}
		}
		all[n.Flow] = line
	}
	return all, nil
}

// lineage gives the way of one enrollment. A version that cannot be used leaves its place empty.
func (l *library) lineage(ctx context.Context, ed *edition, account string, n *store.Enrollment) (*lineage, error) {
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: n.Flow}
	line := &lineage{}
	var err error
	if line.From, err = l.usable(ctx, ed, id, n.Version, n.Pub); err != nil {
		return nil, err
	}
	p := ed.ByName[n.Flow]
	if p == nil {
		return line, nil
	}
	past, err := l.since(ctx, id, p, n)
	if err != nil {
		return nil, err
	}
	for _, pub := range past {
		s := pubStep{PastPub: pub}
		if s.Flow, err = l.usable(ctx, ed, id, pub.Version, pub.No); err != nil {
			return nil, err
		}
		line.Pubs = append(line.Pubs, s)
	}
	return line, nil
}

// usable is version without the error of one that cannot be used, which is told to the log once, as long as
// the catalog stays.
func (l *library) usable(ctx context.Context, ed *edition, id store.ScriptID, version, pub int) (*compiled, error) {
	c, err := l.version(ctx, ed, id, version, pub)
	if errors.As(err, new(*brokenError)) || errors.Is(err, store.ErrNotFound) {
		if _, known := l.told.LoadOrStore(versionKey{id, version}, true); known {
			return nil, nil
		}
		l.logger.WarnContext(ctx, "fans are in a version that cannot be used", "account", id.Account, "flow", id.Name, "version", version, "err", err)
		return nil, nil
	}
	return c, err
}

// versionKey names a version of a script.
type versionKey struct {
	id      store.ScriptID
	version int
}

// since gives the publications that the enrollment has not gone through. One from before they were counted was in the version that
// counting began with, or has not come to it yet.
func (l *library) since(ctx context.Context, id store.ScriptID, p *published, n *store.Enrollment) ([]store.PastPub, error) {
	history := p.History
	if len(history) > 0 && history[0].No > n.Pub+1 { // it slept through more than a publication remembers
		var err error
		if history, err = l.history(ctx, id, p.No); err != nil {
			return nil, err
		}
	}
	after := n.Pub
	if after == 0 && len(history) > 0 && history[0].Version == n.Version {
		after = history[0].No
	}
	i := slices.IndexFunc(history, func(past store.PastPub) bool { return past.No > after })
	if i < 0 {
		return nil, nil
	}
	return history[i:], nil
}

// history gives all publications of a script up to the one of a number, oldest first. It is read once for many fans.
func (l *library) history(ctx context.Context, id store.ScriptID, last int) ([]store.PastPub, error) {
	key := pastKey{id, last}
	if known, ok := l.pasts.Load(key); ok {
		return known.([]store.PastPub), nil
	}
	all, err := l.store.Publications(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the publications of flow %s: %w", id.Name, err)
	}
	var out []store.PastPub
	for i := range all {
		if p := &all[i]; p.No <= last || last == 0 {
			out = append(out, store.PastPub{No: p.No, Version: p.Version, At: p.Published, Choice: p.Choice, Pins: p.Pins})
		}
	}
	if last > 0 { // what comes later changes nothing of it
		l.pasts.Store(key, out)
	}
	return out, nil
}

// pastKey names the publications of a script up to one.
type pastKey struct {
	id   store.ScriptID
	last int
}

// pinsOf gives the plugins of a version as it was last published up to publication pub; for pub 0, up to the current one. It is
// called with l.mu held.
func (l *library) pinsOf(ctx context.Context, e *edition, id store.ScriptID, version, pub int) (map[string]int, error) {
	key := fmt.Sprint(id.Account, "\x00", id.Name, "\x00", version, "\x00", pub, "\x00", e.Rev) // a replay asks for earlier editions
	if pins, ok := l.pins[key]; ok {
		return pins, nil
	}
	last := 0
	if p := e.ByName[id.Name]; p != nil {
		if pins, ok := pinsIn(p.History, version, pub); ok {
			return pins, nil
		}
		last = p.No
	}
	history, err := l.history(ctx, id, last)
	if err != nil {
		return nil, err
	}
	pins, ok := pinsIn(history, version, pub)
	if !ok {
		if pins, err = l.oldPins(ctx, e, id, version); err != nil {
			return nil, err
		}
	}
	l.pins[key] = pins
	return pins, nil
}

// pinsIn looks for the last publication of the version up to pub.
func pinsIn(history []store.PastPub, version, pub int) (map[string]int, bool) {
	for i := len(history) - 1; i >= 0; i-- {
		if h := &history[i]; h.Version == version && (pub == 0 || h.No <= pub) {
			return h.Pins, true
		}
	}
	return nil, false
}

// oldPins reads what was kept of a version that was published before publications were: a setting. A version that was never
// published takes the plugins that are.
func (l *library) oldPins(ctx context.Context, e *edition, id store.ScriptID, version int) (map[string]int, error) {
	raw, err := l.store.Setting(ctx, fmt.Sprintf("flows/pins/%s/%s/%d", id.Account, id.Name, version))
	if errors.Is(err, store.ErrNotFound) {
		return e.Plugins, nil
	}
	pins := map[string]int{}
	if err == nil {
		err = json.Unmarshal(raw, &pins)
	}
	return pins, err
}

// pub is the number of the publication under which a fan enters the version now; 0 where it is not the published one.
func (d *decision) pub(flow *compiled) int {
	if p := d.edition.ByName[flow.Name]; p != nil && p.compiled == flow {
		return p.No
	}
	return 0
}
