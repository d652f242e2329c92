package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fanflow/plugins"
	"fanflow/plugins/reference"
)

func names(params []reference.Param) (out []string) {
	for _, p := range params {
		out = append(out, p.Name)
	}
	return out
}

func funcNames(funcs []reference.Func) (out []string) {
	for _, f := range funcs {
		out = append(out, f.Name)
	}
	return out
}

// described holds the words of the code against those of the reference, both ways.
func described(t *testing.T, what string, have, said []string) {
	t.Helper()
	for _, w := range have {
		if !slices.Contains(said, w) {
			t.Errorf("%s: %s is not described", what, w)
		}
	}
	for i, w := range said {
		if !slices.Contains(have, w) {
			t.Errorf("%s: %s is described, and there is no such word", what, w)
		}
		if slices.Contains(said[:i], w) {
			t.Errorf("%s: %s is described twice", what, w)
		}
	}
}

func TestReferenceFan(t *testing.T) {
	described(t, "Fan", fanFields, names(fanClass.Fields))
	described(t, "Fan", fanMethods(), funcNames(fanClass.Methods))
}

// TestReferenceEvents: every event has a class, and every field that this package gives scripts stands in one.
func TestReferenceEvents(t *testing.T) {
	var events, fields []string
	for _, w := range eventWords {
		events = append(events, w.name)
		for _, f := range w.fields {
			if !slices.Contains(fields, f.Name) {
				fields = append(fields, f.Name)
			}
		}
		if (eventSubjects[w.name] == "") != (w.keysZH == "") {
			t.Errorf("%s: its keys are described in one language", w.name)
		}
	}
	described(t, "events", append(eventNames(), timerEvent, tickEvent), events)
	have := append(eventFields(t), "fields", "raw")
	for _, f := range slices.Compact(slices.Sorted(slices.Values(have))) {
		if !slices.Contains(fields, f) && !slices.Contains([]string{"template_id", "popup_scene", "code"}, f) {
			t.Errorf("event.%s is not described", f)
		}
	}
	for _, f := range fields {
		if !slices.Contains(have, f) {
			t.Errorf("event.%s is described, and no event has it", f)
		}
	}
}

// TestReferenceWhole: nothing is without words in either language.
func TestReferenceWhole(t *testing.T) {
	set := Reference()
	words := func(where, doc, zh string) {
		if doc == "" || zh == "" || !strings.ContainsAny(zh, "。”") && len(zh) > 60 {
			t.Errorf("%s: %q, %q", where, doc, zh)
		}
	}
	for _, m := range set.Modules {
		words(m.Name, m.Doc, m.DocZH)
		for _, f := range m.Funcs {
			words(m.Name+"."+f.Name, f.Doc, f.DocZH)
		}
	}
	for _, c := range set.Classes {
		words(c.Name, c.Doc, c.DocZH)
		for _, f := range c.Fields {
			words(c.Name+"."+f.Name, f.Doc, f.DocZH)
		}
		for _, f := range c.Methods {
			words(c.Name+":"+f.Name, f.Doc, f.DocZH)
		}
		if c.Parent != "" && set.Class(c.Parent) == nil {
			t.Errorf("%s: there is no class %s", c.Name, c.Parent)
		}
	}
}

// TestReferenceFields: the tables of a flow have the fields that check takes, and no others are described.
func TestReferenceFields(t *testing.T) {
	set := Reference()
	fields := func(class string) []string {
		c := set.Class(class)
		if c == nil {
			t.Fatalf("there is no class %s", class)
		}
		return names(c.Fields)
	}
	described(t, "Flow", knownFields(t, `flow { zz = 1 }`), fields("Flow"))
	described(t, "State", knownFields(t, `flow { name = "x", states = { a = { zz = 1 } } }`), fields("State"))
	described(t, "Action", actionFields, fields("Action"))
	described(t, "Timer", []string{"late", "name", "times"}, fields("Timer"))
	described(t, "When", condFields, fields("When"))
	described(t, "Claim", []string{"key", "limit", "none", "set"}, fields("Claim"))
	described(t, "Again", knownFields(t, `flow { name = "x", again = { zz = 1 } }`), fields("Again"))
	described(t, "Limit", knownFields(t, `flow { name = "x", limit = { zz = 1 } }`), fields("Limit"))
	described(t, "Holdout", knownFields(t, `flow { name = "x", holdout = { zz = 1 } }`), fields("Holdout"))
	described(t, "Audience", knownFields(t, `flow { name = "x", triggers = { every = { ["1d"] = { zz = 1 } } } }`), fields("Audience"))
	described(t, "Triggers", slices.DeleteFunc(knownFields(t, `flow { name = "x", triggers = { zz = 1 } }`), func(s string) bool { return s == resultEvent }), fields("Triggers"))
	described(t, "On", knownFields(t, `flow { name = "x", states = { a = { on = { zz = 1 } } } }`), fields("On"))
	described(t, "Exit", sortedKeys(exitEvents), fields("Exit"))
	described(t, "SendOptions", optionFields, fields("SendOptions"))
	described(t, "EnrollPlan", append(slices.Clone(planFields), "vars"), fields("EnrollPlan"))
	described(t, "Message", slices.Concat([]string{"text", "image", "voice", "title", "description", "picurl", "url", "news"}, sortedKeys(riches)), fields("Message"))
	described(t, "riches", sortedKeys(riches), sortedKeys(richParams))
	for kind, r := range riches {
		described(t, kind, r.fields, names(richParams[kind].Fields))
		for _, p := range richParams[kind].Fields {
			if p.Optional == slices.Contains(r.needs, p.Name) {
				t.Errorf("%s.%s: whether it may be left out is described wrongly", kind, p.Name)
			}
		}
	}
}

// TestReferenceSeries: the tables of drips and broadcasts have the fields that their readers take.
func TestReferenceSeries(t *testing.T) {
	set := Reference()
	described(t, "Drip", slices.Concat(dripFlowFields, plugins.DripFields), names(set.Class("Drip").Fields))
	described(t, "DripStep", slices.Concat([]string{"at", "after", "when"}, plugins.DripVerbs), names(set.Class("DripStep").Fields))
	_, err := plugins.NewHost(plugins.Config{}).Broadcast(t.Context(), "b.lua", "return broadcast { zz = 1 }")
	_, list, ok := strings.Cut(fmt.Sprint(err), "it has ")
	if !ok {
		t.Fatalf("a broadcast takes every field: %v", err)
	}
	described(t, "Broadcast", strings.Split(strings.Replace(list, " and ", ", ", 1), ", "), names(set.Class("Broadcast").Fields))
}

// TestReferenceHooks: the tables of hooks have the fields that are read, and the objects those that they have.
func TestReferenceHooks(t *testing.T) {
	_, findings, err := plugins.NewHost(plugins.Config{}).Manifest(t.Context(), "p.lua", "return { hooks = { zz = 1 } }")
	if err != nil || len(findings) != 1 {
		t.Fatal(findings, err)
	}
	_, list, _ := strings.Cut(findings[0].Msg, "it has ")
	described(t, "Hooks", strings.Split(strings.Replace(list, " and ", ", ", 1), ", "), names(hooksClass.Fields))
	described(t, "HookEvent", relayFields, names(hookEventClass.Fields))
	described(t, "Account", sortedKeys(accountFields), names(accountClass.Fields))
}
