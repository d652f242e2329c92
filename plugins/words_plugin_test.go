package plugins

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"fanflow/plugins/reference"
)

// TestPluginWords: the fields of a plugin that are read, and those that the reference describes, are the same.
func TestPluginWords(t *testing.T) {
	set := Reference()
	for class, have := range map[string][]string{
		"Plugin":            own,
		"PluginSetting":     fieldWords,
		"PluginPermissions": known(t, `permissions = { zz = 1 }`),
		"PluginWebhook":     known(t, `webhook = { zz = 1 }`),
		"PluginSignature":   known(t, `webhook = { signature = { zz = 1 } }`),
	} {
		same(t, class, have, set.Class(class))
	}
	tables := Tables()
	same(t, "types", fieldTypes, tables.Class("types"))
}

// known gives the fields that a table may have, by what is said of one that is not.
func known(t *testing.T, table string) []string {
	t.Helper()
	_, findings, err := NewHost(Config{}).Manifest(t.Context(), "p.lua", "return { "+table+" }")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if m := regexp.MustCompile(`has no field "zz": it has (.*)`).FindStringSubmatch(f.Msg); m != nil {
			return strings.Split(strings.Replace(m[1], " and ", ", ", 1), ", ")
		}
	}
	t.Fatalf("%s takes every field: %v", table, findings)
	return nil
}

func same(t *testing.T, what string, have []string, class *reference.Class) {
	t.Helper()
	if class == nil {
		t.Fatalf("%s is not described", what)
	}
	var said []string
	for _, f := range class.Fields {
		said = append(said, f.Name)
	}
	for _, w := range have {
		if !slices.Contains(said, w) {
			t.Errorf("%s: %s is not described", what, w)
		}
	}
	for _, w := range said {
		if !slices.Contains(have, w) {
			t.Errorf("%s: %s is described, and there is no such word", what, w)
		}
	}
}
