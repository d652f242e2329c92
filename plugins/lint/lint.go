// Package lint finds mistakes in scripts without running them.
package lint

import (
	"fanflow/plugins/reference"
)

// Severities of findings.
const (
	Error   = "error"
	Warning = "warning"
	Hint    = "hint"
)

// Finding is something wrong with a script, at a line of its source.
type Finding struct {
	Line     int    `json:"line"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Msg      string `json:"msg"` // one sentence, with how to mend it
}

// World is what a script may name.
type World struct {
	Kind string        // flow, plugin, broadcast or drip
	Set  reference.Set // of the modules, classes and functions there are
	// Plugins are the functions and values of the plugins that can be required, by plugin; of one that is not here nothing is known.
	Plugins map[string]reference.Module
	// Hosts are those that http may reach, as the configuration writes them; nil: not known.
	Hosts []string
}

// Check finds what is wrong with a source that compiles, in the order of its lines.
func Check(file, source string, w World) []Finding { return nil }
