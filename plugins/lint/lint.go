// Package lint finds mistakes in scripts without running them. It works on the syntax tree: it knows which name is which local,
// what the modules and objects of fanflow can do, and which functions are run with a fan. A rule that cannot be sure says nothing.
//
// The parser recurses: a source must have passed sandbox.Compile, which bounds its size and depth, before it comes here.
package lint

import (
	"cmp"
	"slices"

	"fanflow/plugins/reference"
)

// Severities of findings. An error refuses a push; warnings and hints are shown.
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
	Msg      string `json:"msg"`            // one sentence: what is wrong
	Mend     string `json:"mend,omitempty"` // how to mend it; may be empty
}

// Kinds of scripts.
const (
	KindFlow      = "flow"
	KindPlugin    = "plugin"
	KindBroadcast = "broadcast"
	KindDrip      = "drip"
)

// World is what a script may name.
type World struct {
	Kind string        // KindFlow, KindPlugin, KindBroadcast or KindDrip
	Set  reference.Set // of the modules, classes and functions there are; without Globals no global is called unknown
	// Plugins are the functions and values of the plugins that can be required, by plugin; of one that is not here nothing is known.
	Plugins map[string]reference.Module
	// Hosts are those that http may reach, as the configuration writes them; nil: not known.
	Hosts []string
}

// Check finds what is wrong with a source that sandbox.Compile takes, in the order of its lines. One that does not parse has no
// findings: Compile says what is wrong with it.
func Check(file, source string, w World) []Finding {
	c, err := Parse(file, source)
	if err != nil {
		return nil
	}
	return c.Check(w)
}

// Check finds what is wrong with the script in the order of its lines.
func (c *Chunk) Check(w World) []Finding {
	p := newPass(c, w)
	for _, r := range rules {
		p.rule, p.reports = r, 0
		r.Check(p)
	}
	slices.SortStableFunc(p.found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return p.found
}

// Pass is a script that is being checked by one rule after the other.
type Pass struct {
	*Chunk
	World World

	rule    Rule
	reports int // of the rule
	found   []Finding
	modules map[string]*reference.Module
	classes map[string]*reference.Class
	globals map[string]*reference.Func
	roles   map[*variable]role
	plugin  *pluginTable // of a plugin's script; nil where it cannot be told
	visits  int          // of tables that were looked through for functions
	fields  map[*variable]eventFieldSet
}

// maxReports is how many findings one rule has for a script: who made more mistakes mends these first.
const maxReports = 50

func newPass(c *Chunk, w World) *Pass {
	p := &Pass{
		Chunk: c, World: w,
		modules: map[string]*reference.Module{}, classes: map[string]*reference.Class{}, globals: map[string]*reference.Func{},
		roles: map[*variable]role{}, fields: map[*variable]eventFieldSet{},
	}
	for i := range w.Set.Modules {
		p.modules[w.Set.Modules[i].Name] = &w.Set.Modules[i]
	}
	for i := range w.Set.Classes {
		c := w.Set.Classes[i]
		c.Fields, c.Methods = w.Set.Members(c.Name)
		p.classes[c.Name] = &c
	}
	for i := range w.Set.Globals {
		p.globals[w.Set.Globals[i].Name] = &w.Set.Globals[i]
	}
	if w.Kind == KindPlugin {
		p.plugin = c.pluginTable()
		for _, name := range []string{"config", "secrets"} { // their members are the script's own
			if p.modules[name] == nil {
				p.modules[name] = &reference.Module{Name: name}
			}
		}
	}
	p.assignRoles()
	return p
}

// report adds a finding of the rule's severity.
func (p *Pass) report(line int, msg, mend string) { p.as(p.rule.Severity, line, msg, mend) }

func (p *Pass) as(severity string, line int, msg, mend string) {
	f := Finding{Line: line, Rule: p.rule.Name, Severity: severity, Msg: msg, Mend: mend}
	if p.full() || slices.Contains(p.found, f) { // the same word twice in a line is one finding
		return
	}
	p.reports++
	p.found = append(p.found, f)
}

// full reports whether the rule has found as much as is shown.
func (p *Pass) full() bool { return p.reports >= maxReports }

// near is DidYouMean as long as findings are shown.
func (p *Pass) near(word string, known []string) string {
	if p.full() {
		return ""
	}
	return DidYouMean(word, known)
}
