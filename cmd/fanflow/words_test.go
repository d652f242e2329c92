package main

import (
	"reflect"
	"slices"
	"testing"

	"fanflow/plugins"
)

// TestPluginTables: the keys of fanflow.toml about plugins, and those that the guide describes, are the same.
func TestPluginTables(t *testing.T) {
	tables := plugins.Tables()
	for table, typ := range map[string]reflect.Type{"plugin": reflect.TypeFor[PluginConfig](), "account.plugin": reflect.TypeFor[PluginOverride]()} {
		var have, said []string
		for i := range typ.NumField() {
			have = append(have, typ.Field(i).Tag.Get("toml"))
		}
		for _, f := range tables.Class(table).Fields {
			said = append(said, f.Name)
		}
		if !slices.Equal(have, said) {
			t.Errorf("[%s] has the keys %q, the guide %q", table, have, said)
		}
	}
}
