package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// claim takes one unit of a pool that all fans share: each is given once.
type claim struct {
	Key   string
	Limit int64       // the highest unit; 0: none
	Set   *assignment // gets the unit; nil: nothing does
	None  string      // the state to go to when none is left; empty: the action goes on without
}

// claimSteps reads {key = …, limit = …, set = …, none = …}, or a list of them.
func claimSteps(v any) (steps []step, err error) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, item := range items {
		c, err := claimOf(item)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{Verb: "claim", Claim: c})
	}
	return steps, nil
}

func claimOf(v any) (*claim, error) {
	t, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("claim is a table such as {key = \"codes\", limit = 100, set = \"vars.n\", none = \"soldout\"}, not %s", typeName(v))
	}
	rest := maps.Clone(t)
	c := &claim{}
	var set string
	for _, f := range []struct {
		name string
		to   *string
	}{{"key", &c.Key}, {"set", &set}, {"none", &c.None}} {
		var err error
		if *f.to, err = takeString(rest, f.name); err != nil {
			return nil, err
		}
	}
	if v, ok := rest["limit"]; ok {
		n, isNumber := v.(float64)
		if !isNumber || n != float64(int64(n)) || n < 1 {
			return nil, fmt.Errorf("limit is a whole number of at least 1")
		}
		c.Limit = int64(n)
		delete(rest, "limit")
	}
	if set != "" {
		a, err := assignmentOf(set, nil)
		if err != nil {
			return nil, fmt.Errorf("set: %w", err)
		}
		c.Set = &a
	}
	switch {
	case c.Key == "":
		return nil, fmt.Errorf("claim needs a key: the name of what is shared out")
	case c.None != "" && c.Limit == 0:
		return nil, fmt.Errorf("claim with none needs a limit: without one there is always another")
	}
	return c, nothingElse(rest, "key, limit, set, none")
}

// variantSteps reads the name of a declared experiment, a list of such names, or {name = {a = 50, b = 50}} for one that is not
// declared. The arm is put into the variable of that name.
func variantSteps(v any) (steps []step, err error) {
	t, ok := v.(map[string]any)
	if !ok {
		names, err := namesOf(v)
		for _, name := range names {
			steps = append(steps, step{Verb: "variant", Names: []string{name}})
		}
		return steps, err
	}
	for _, name := range sortedKeys(t) {
		arms, err := armsOf(t[name])
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", name, err)
		}
		if err := checkWord("variable", name); err != nil {
			return nil, err
		}
		steps = append(steps, step{Verb: "variant", Names: []string{name}, Arms: arms})
	}
	return steps, nil
}

// armsOf reads {a = 50, b = 50}: the arms by name.
func armsOf(v any) (arms []arm, err error) {
	t, ok := v.(map[string]any)
	if !ok || len(t) == 0 {
		return nil, fmt.Errorf("write the arms and their weights, such as {a = 50, b = 50}, not %s", typeName(v))
	}
	for _, name := range sortedKeys(t) {
		w, ok := t[name].(float64)
		if !ok || w < 0 {
			return nil, fmt.Errorf("the weight of %s is a number of at least 0, not %s", name, typeName(t[name]))
		}
		arms = append(arms, arm{Name: name, Weight: w})
	}
	if !slices.ContainsFunc(arms, func(a arm) bool { return a.Weight > 0 }) {
		return nil, fmt.Errorf("one arm at least has a weight above 0")
	}
	return arms, nil
}

// enrollSteps reads a flow, {flow = …, vars = {…}, at = …}, or a list of them.
func enrollSteps(v any) (steps []step, err error) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, item := range items {
		s, err := flowStep("enroll", item, true)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// flowStep reads the flow of enroll or call with its variables and, where it may be scheduled, its options.
func flowStep(verb string, v any, schedules bool) (step, error) {
	s := step{Verb: verb}
	if name, ok := v.(string); ok && name != "" {
		s.Names = []string{name}
		return s, nil
	}
	t, ok := v.(map[string]any)
	if !ok {
		return s, fmt.Errorf("%s is the name of a flow, or a table such as {flow = \"…\", vars = {…}}, not %s", verb, typeName(v))
	}
	rest := maps.Clone(t)
	name, err := takeString(rest, "flow")
	if err != nil {
		return s, err
	}
	if name == "" {
		return s, fmt.Errorf("%s needs a flow", verb)
	}
	s.Names = []string{name}
	known := []string{"flow", "vars"}
	if schedules {
		known = slices.Concat(known, planFields)
		s.Options, err = planOptions(rest)
	}
	if err == nil {
		s.Set, err = variablesOf(rest)
	}
	if err != nil {
		return s, err
	}
	return s, nothingElse(rest, strings.Join(known, ", "))
}

// planOptions takes the options of an enrollment out of t.
func planOptions(t map[string]any) (sendOptions, error) {
	if t["purpose"] != nil {
		return sendOptions{}, fmt.Errorf("purpose is one of messages; an enrollment takes %s", strings.Join(planFields, ", "))
	}
	return optionsOf(t)
}

// variablesOf takes vars = {…} out of t, by name.
func variablesOf(t map[string]any) (set []assignment, err error) {
	v, ok := t["vars"]
	if !ok {
		return nil, nil
	}
	delete(t, "vars")
	if list, isList := v.([]any); isList && len(list) == 0 {
		return nil, nil
	}
	vars, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("vars is a table of variables such as {code = \"…\"}, not %s", typeName(v))
	}
	for _, name := range sortedKeys(vars) {
		if err := checkWord("variable", name); err != nil {
			return nil, err
		}
		set = append(set, assignment{Var: true, Name: name, Value: vars[name]})
	}
	return set, nil
}
