package flows

import (
	"fmt"
	"maps"
	"strings"
)

// args are what a method was called with, as data.
type args []any

func (a args) at(i int) any {
	if i < len(a) {
		return a[i]
	}
	return nil
}

// text gives an argument that must be a text.
func (a args) text(i int, what string) (string, error) {
	s, ok := a.at(i).(string)
	if !ok || s == "" {
		return "", fmt.Errorf("%s is a text that is not empty, not %s", what, typeName(a.at(i)))
	}
	return s, nil
}

// options reads an argument that is a table of options, or absent.
func (a args) options(i int) (sendOptions, error) {
	t, err := a.table(i)
	if err != nil {
		return sendOptions{}, err
	}
	o, err := optionsOf(t)
	if err != nil {
		return o, err
	}
	return o, nothingElse(t, strings.Join(optionFields, ", "))
}

// flow reads the name of a flow, then its options or, where it may not be scheduled, its variables.
func (a args) flow(verb string, schedules bool) (step, error) {
	name, err := a.text(0, "the name of a flow")
	if err != nil {
		return step{}, err
	}
	rest, err := a.table(1)
	if err != nil {
		return step{}, err
	}
	t := maps.Clone(rest)
	if !schedules {
		t = map[string]any{"vars": rest}
	} else if t["flow"] != nil {
		return step{}, fmt.Errorf("unknown field \"flow\": the name stands before the table")
	}
	t["flow"] = name
	return flowStep(verb, t, schedules)
}

func (a args) table(i int) (map[string]any, error) {
	switch v := a.at(i).(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, fmt.Errorf("options are a table such as {at = \"…\"}, not %s", typeName(a.at(i)))
}
