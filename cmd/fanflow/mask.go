package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fanflow/plugins"
)

// masked is a writer that leaves the values of plugins' secrets out, however they are spelt. Nothing here writes any: this is the
// net under a mistake. A record of the log comes in one Write.
type masked struct {
	to   io.Writer
	hide *strings.Replacer
}

// masked keeps the plugins' secrets out of what is written to w. Those that are too short to be told from other text stay.
func (c *Config) masked(w io.Writer) io.Writer {
	var spelt []string
	add := func(secrets map[string]string) {
		for _, v := range secrets {
			if len(v) < plugins.MinSecret {
				continue
			}
			quoted, inJSON := strconv.Quote(v), new(strings.Builder)
			_ = json.NewEncoder(inJSON).Encode(v)
			for _, s := range []string{
				v, quoted[1 : len(quoted)-1], strings.Trim(inJSON.String(), "\"\n"), url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString([]byte(v)),
			} {
				if !slices.Contains(spelt, s) {
					spelt = append(spelt, s)
				}
			}
		}
	}
	for _, p := range c.Plugins {
		add(p.Secrets)
	}
	for i := range c.Accounts {
		for _, o := range c.Accounts[i].Plugins {
			add(o.Secrets)
		}
	}
	if len(spelt) == 0 {
		return w
	}
	slices.SortFunc(spelt, func(a, b string) int { return len(b) - len(a) }) // the whole before a part of it
	var pairs []string
	for _, s := range spelt {
		pairs = append(pairs, s, "•••")
	}
	return &masked{to: w, hide: strings.NewReplacer(pairs...)}
}

func (m *masked) Write(p []byte) (int, error) {
	if _, err := m.hide.WriteString(m.to, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
