package flows

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// maxArms is how many variants an experiment may have, maxExperiments how many experiments a flow. Every combination of a flow's experiments is a cohort of its own in the
// counters, which is why there is an end to them.
const (
	maxArms        = 16
	maxExperiments = 8
)

// variants reads variants = {price = {a = 50, b = 50, salt = "…"}}.
func (d *declarer) variants(path string, v lua.LValue) (out []experiment) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {price = {a = 50, b = 50}}, not %s", luaType(v))
		return nil
	}
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, "keys are the names of experiments") {
			return
		}
		p := join(path, k.String())
		name, named := k.(lua.LString)
		arms, ok := v.(*lua.LTable)
		if !named || !ok {
			d.wrong(p, "must be an experiment: name = {a = 50, b = 50}")
			return
		}
		x := experiment{Name: string(name)}
		d.arms(&x, p, arms)
		if err := x.check(); err != nil {
			d.wrong(p, "%v", err)
		}
		out = append(out, x)
	})
	if len(out) > maxExperiments {
		d.add(SeverityError, "field", path, fmt.Sprintf("%s: %d experiments; there can be %d", path, len(out), maxExperiments),
			"end those that are decided, or share the work among flows")
	}
	return out
}

// arms reads {a = 50, b = 50, salt = "…"}.
func (d *declarer) arms(x *experiment, path string, t *lua.LTable) {
	each(t, func(k, v lua.LValue) {
		p := join(path, k.String())
		name, ok := k.(lua.LString)
		weight, isNumber := v.(lua.LNumber)
		switch {
		case !d.namesKey(path, k, "keys are the names of the variants, and salt"):
		case !ok:
			d.wrong(p, "must have a name: {a = 50, b = 50}")
		case name == "salt":
			x.Salt = d.text(p, v)
		case !isNumber:
			d.wrong(p, "must be a weight such as 50, not %s", luaType(v))
		default:
			x.Arms = append(x.Arms, arm{string(name), float64(weight)})
		}
	})
}

// holdout reads holdout = {share = 10, state = "control"}.
func (d *declarer) holdout(path string, v lua.LValue) *holdout {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {share = 10}, not %s", luaType(v))
		return nil
	}
	h := &holdout{}
	d.fields(path, t, []string{"share", "state", "salt"}, func(field, path string, v lua.LValue) {
		switch field {
		case "share":
			n, ok := v.(lua.LNumber)
			if h.Share = float64(n); !ok || !(n > 0 && n < 100) {
				d.wrong(path, "must be a percentage above 0 and below 100, not %s", luaType(v))
			}
		case "state":
			h.State = d.text(path, v)
		case "salt":
			h.Salt = d.text(path, v)
		}
	})
	if h.Share == 0 {
		d.add(SeverityError, "missing", path, path+": no share is given", "write share = 10 for ten percent of the fans")
	}
	return h
}

// checkHoldout finds a holdout that leads nowhere, or into the campaign.
func checkHoldout(s *subject) {
	h := s.decl.Holdout
	if h == nil || h.State == "" {
		return
	}
	switch {
	case s.decl.States[h.State] == nil:
		s.unknown("holdout.state", h.State)
	case h.State == s.decl.First:
		s.find(SeverityError, "holdout", "holdout.state", fmt.Sprintf("holdout.state: %q is where everybody begins", h.State),
			"name a state of their own, in which nothing is said")
	case slices.Contains(s.decl.Funnel, h.State):
		s.find(SeverityWarning, "holdout", "holdout.state", fmt.Sprintf("holdout.state: %q is a step of the funnel", h.State),
			"leave it out of funnel: who is held out is not on the way")
	}
}
