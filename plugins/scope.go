package plugins

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/config"
	"fanflow/plugins/std/kv"
)

// scopes knows the plugins of one State, and so what each of them may touch and what is set for it. A capability belongs to the
// program that has it, not to the decision: a flow's keys are no plugin's, and what a flow hands to a plugin it has handed on.
type scopes struct {
	run     *Run
	plugins map[string]*Plugin // that were required so far
}

var _ config.Source = (*scopes)(nil)

// versioned tells a module the version of the plugin that it is made for.
func (c *scopes) versioned(m sandbox.Module) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if p := c.plugins[in.Plugin]; p != nil {
			in.Version = p.Number
		}
		return m(s, in)
	}
}

// keys gives the globs of the keys of kv that a plugin may touch.
func (c *scopes) keys(plugin string) []string {
	if p := c.plugins[plugin]; p != nil {
		return p.KV
	}
	return nil
}

// MayTouch reports whether one of the globs has a key of kv: in them * stands for any characters.
func MayTouch(globs []string, key string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return kv.Match(glob, key) })
}

// field finds a setting in a plugin's schema.
func (c *scopes) field(plugin, key string, secret bool) (*Field, error) {
	var names []string
	p := c.plugins[plugin]
	if p == nil {
		return nil, errors.New("the plugin's settings cannot be read while it is loaded: read them inside of a function")
	}
	for i := range p.Config {
		f := &p.Config[i]
		if f.Name == key {
			switch {
			case secret == (f.Type == TypeSecret):
				return f, nil
			case secret:
				return nil, fmt.Errorf("%s is no secret: read it as config.%s", key, key)
			}
			return nil, fmt.Errorf("%s is a secret: write secrets.%s, which http and crypto.hmac_sha256 take", key, key)
		}
		if secret == (f.Type == TypeSecret) {
			names = append(names, f.Name)
		}
	}
	what, kind := "setting", "string"
	if secret {
		what, kind = "secret", TypeSecret
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the plugin %s has no %s %q: declare it in the plugin's table, config = { %s = { type = %q } }", plugin, what, key, key, kind)
	}
	return nil, fmt.Errorf("the plugin %s has no %s %q: it has %s", plugin, what, key, enumerate(names))
}

// Setting gives the value of a setting.
func (c *scopes) Setting(plugin, key string) (any, error) {
	f, err := c.field(plugin, key, false)
	if err != nil {
		return nil, err
	}
	if v, ok := c.run.Settings[plugin].Config[key]; ok {
		got, ok := f.convert(v)
		if !ok {
			return nil, fmt.Errorf("config.%s is %s, and this version of the plugin wants a %s: mend it in fanflow.toml", key, kindOf(v), f.Type)
		}
		return got, nil
	}
	if f.Required {
		return nil, fmt.Errorf("config.%s is not set: set it under [plugin.%s.config] in fanflow.toml and restart", key, plugin)
	}
	if f.Default == nil {
		return nil, nil
	}
	return json.RawMessage(f.Default), nil
}

// Settings gives the names of the settings that are no secrets.
func (c *scopes) Settings(plugin string) (names []string, err error) {
	p := c.plugins[plugin]
	if p == nil {
		return nil, errors.New("the plugin's settings cannot be read while it is loaded: read them inside of a function")
	}
	for _, f := range p.Config {
		if f.Type != TypeSecret {
			names = append(names, f.Name)
		}
	}
	return names, nil
}

// Secret reports whether a secret is set.
func (c *scopes) Secret(plugin, name string) (set bool, err error) {
	f, err := c.field(plugin, name, true)
	if err != nil {
		return false, err
	}
	set = slices.Contains(c.run.Settings[plugin].Secrets, name)
	if !set && f.Required {
		return false, fmt.Errorf("secrets.%s is not set: set it under [plugin.%s.secrets] in fanflow.toml, or as FANFLOW_PLUGIN_%s_SECRETS_%s, and restart",
			name, plugin, envName(plugin), envName(name))
	}
	return set, nil
}

// envName is a name as the environment has it.
func envName(s string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(s))
}
