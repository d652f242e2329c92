package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// applyEnv overrides what the file says by FANFLOW_… of the environment.
func (c *Config) applyEnv(environ []string) error {
	env := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, "FANFLOW_") {
			env[k] = v
		}
	}
	if err := setFields(reflect.ValueOf(c).Elem(), "FANFLOW_", env); err != nil {
		return err
	}
	for i := range c.Accounts {
		prefix := "FANFLOW_ACCOUNT_" + envName(c.Accounts[i].Name) + "_"
		if err := setFields(reflect.ValueOf(&c.Accounts[i]).Elem(), prefix, env); err != nil {
			return err
		}
		if err := c.Accounts[i].applyPluginEnv(prefix, env); err != nil {
			return err
		}
	}
	c.unheard = c.strangers(env)
	return c.applyPluginEnv(env)
}

// strangers are the variables for accounts that the file does not have, sorted: they would set nothing, without a word.
func (c *Config) strangers(env map[string]string) (names []string) {
	for _, k := range slices.Sorted(maps.Keys(env)) {
		known := !strings.HasPrefix(k, "FANFLOW_ACCOUNT_")
		for i := range c.Accounts {
			known = known || strings.HasPrefix(k, "FANFLOW_ACCOUNT_"+envName(c.Accounts[i].Name)+"_")
		}
		if !known {
			names = append(names, k)
		}
	}
	return names
}

// envName is a name as the environment writes it.
func envName(s string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(s))
}

// setFields sets the fields of a struct that env names by prefix and toml key.
func setFields(v reflect.Value, prefix string, env map[string]string) error {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("toml")
		if key == "" {
			continue
		}
		name, f := prefix+strings.ToUpper(key), v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			if err := setFields(f, name+"_", env); err != nil {
				return err
			}
		case reflect.Map:
			if f.Type().Elem().Kind() != reflect.String { // of plugins, see applyPluginEnv
				continue
			}
			for k, text := range env {
				if rest, ok := strings.CutPrefix(k, name+"_"); ok && rest != "" {
					if f.IsNil() {
						f.Set(reflect.MakeMap(f.Type()))
					}
					f.SetMapIndex(reflect.ValueOf(rest), reflect.ValueOf(text))
				}
			}
		default:
			if text, ok := env[name]; ok {
				if err := setField(f, text); err != nil {
					return fmt.Errorf("environment: %s is %q; %w", name, text, err)
				}
			}
		}
	}
	return nil
}

func setField(f reflect.Value, text string) error {
	switch f.Kind() {
	case reflect.String:
		f.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("write a whole number")
		}
		f.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("write true or false")
		}
		f.SetBool(b)
	case reflect.Pointer:
		p := reflect.New(f.Type().Elem())
		if err := setField(p.Elem(), text); err != nil {
			return err
		}
		f.Set(p)
	case reflect.Slice:
		if f.Type().Elem().Kind() != reflect.String {
			return fmt.Errorf("it cannot be set here")
		}
		f.Set(reflect.ValueOf(splitList(text)))
	}
	return nil
}

// splitList reads a list with commas. An empty one says "none", which is not the default.
func splitList(text string) []string {
	list := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// knownKeys are all keys of the file.
func knownKeys() []string {
	var keys []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if key := f.Tag.Get("toml"); key != "" {
				keys = append(keys, key)
			}
			switch ft := f.Type; {
			case ft.Kind() == reflect.Struct && f.Tag.Get("toml") != "":
				walk(ft)
			case (ft.Kind() == reflect.Slice || ft.Kind() == reflect.Map) && ft.Elem().Kind() == reflect.Struct:
				walk(ft.Elem())
			}
		}
	}
	walk(reflect.TypeFor[Config]())
	return keys
}

// nearest gives the word that differs from s by at most a third of its letters, or "".
func nearest(s string, words []string) string {
	best, at := "", 1+len(s)/3
	for _, w := range words {
		if d := distance(s, w); d < at {
			best, at = w, d
		}
	}
	return best
}

// distance counts the insertions, deletions and substitutions between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
