package flows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fanflow/store"
)

// ChoiceError says in a sentence why a publisher's choice cannot be.
type ChoiceError struct{ text string }

// Error gives the sentence.
func (e *ChoiceError) Error() string { return e.text }

// choiceModes are the ways in which a publication treats the fans who are in the flow.
var choiceModes = []string{store.MoveFans, store.KeepFans, store.RestartFans, store.EndFans, store.MapFans}

// checkChoice sees that a version can be published with a choice: a map names states that there are. It gives the choice as it
// is kept, nil for the usual one.
func (e *Engine) checkChoice(ctx context.Context, script store.Script, pins map[string]int, c *store.Choice) (*store.Choice, error) {
	if c == nil || c.Mode == "" && len(c.Map) == 0 || c.Mode == store.MoveFans && len(c.Map) == 0 {
		return nil, nil
	}
	kept := store.Choice{Mode: c.Mode, Map: c.Map}
	if kept.Mode == "" {
		kept.Mode = store.MapFans
	}
	switch {
	case !slices.Contains(choiceModes, kept.Mode):
		return nil, &ChoiceError{fmt.Sprintf("%q is no way to treat the fans in a flow: choose one of %s", c.Mode, strings.Join(choiceModes, ", "))}
	case kept.Mode != store.MapFans && len(kept.Map) > 0:
		return nil, &ChoiceError{fmt.Sprintf("the choice is %s and there is a map of states: choose one of them", kept.Mode)}
	case kept.Mode == store.MapFans && len(kept.Map) == 0:
		return nil, &ChoiceError{"a map of states needs at least one state: old=new"}
	case kept.Mode != store.MapFans:
		return &kept, nil
	}
	next, err := e.library.draft(ctx, script.ScriptID, script.Version, pins)
	if err != nil {
		return nil, err
	}
	olds, err := e.statesInUse(ctx, script.ScriptID)
	if err != nil {
		return nil, err
	}
	for _, from := range sortedKeys(kept.Map) {
		to := kept.Map[from]
		if !slices.Contains(olds, from) {
			return nil, &ChoiceError{fmt.Sprintf("map: no fan can be in state %q: the published version does not declare it and nobody is in it%s", from, didYouMean(from, olds))}
		}
		if special := to == mapKeep || to == mapRestart || to == mapEnd; !special && next.States[to] == nil {
			return nil, &ChoiceError{fmt.Sprintf("map: version %d has no state %q%s", script.Version, to, didYouMean(to, next.Order))}
		}
	}
	return &kept, nil
}

// statesInUse are the states of the published version and those that fans of older ones are in.
func (e *Engine) statesInUse(ctx context.Context, id store.ScriptID) ([]string, error) {
	ed, err := e.current(ctx, id.Account)
	if err != nil {
		return nil, err
	}
	var states []string
	if p := ed.ByName[id.Name]; p != nil {
		states = slices.Clone(p.Order)
	}
	held, err := e.store.Waiting(ctx, id.Account, id.Name)
	if err != nil {
		return nil, fmt.Errorf("count flow %s: %w", id.Name, err)
	}
	for _, s := range sortedKeys(held) {
		if !slices.Contains(states, s) {
			states = append(states, s)
		}
	}
	return states, nil
}
