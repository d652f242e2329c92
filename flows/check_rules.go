package flows

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// subject is a flow under check. Account is nil where none is known.
type subject struct {
	src     *source
	decl    *declaration
	account *Account
	add     func(Finding)
	// unconfigured: what the account allows is not known
	unconfigured bool
}

// find notes something at a path of the declaration.
func (s *subject) find(sev Severity, rule, path, msg, mend string) {
	s.at(sev, rule, s.src.line(path), msg, mend)
}

func (s *subject) at(sev Severity, rule string, line int, msg, mend string) {
	s.add(Finding{File: s.src.File, Line: line, Rule: rule, Msg: msg, Mend: mend, Severity: sev})
}

// declarationRules hold for every version that runs; a new rule is a line here.
var declarationRules = []func(*subject){
	checkTwice, checkFirst, checkTargets, checkHoldout, checkFunnel, checkFinal, checkUnreachable,
	checkTimers, checkExit, checkWindow, checkListen, checkCalls,
}

// accountRules are looked at when a flow is checked or pushed: they depend on the account, or are about the script's text.
var accountRules = []func(*subject){
	checkTemplates, checkNotices, checkOwnWords,
}

func checkDeclaration(src *source, decl *declaration) []Finding {
	return apply(declarationRules, &subject{src: src, decl: decl})
}

func apply(rules []func(*subject), s *subject) (found []Finding) {
	s.add = func(f Finding) { found = append(found, f) }
	for _, rule := range rules {
		rule(s)
	}
	return found
}

// checkTwice finds fields that are written twice: Lua would keep the last and say nothing.
func checkTwice(s *subject) {
	for _, path := range s.src.twice {
		s.find(SeverityError, "tie", path, path+" stands there twice", "keep one of them")
	}
}

func checkFirst(s *subject) {
	switch {
	case len(s.decl.States) == 0:
		s.find(SeverityError, "missing", "", "the flow has no states", "write states = { … }")
	case s.decl.First == "":
		s.find(SeverityError, "missing", "", "the flow has no first state", `write first = "…"`)
	case s.decl.States[s.decl.First] == nil:
		s.unknown("first", s.decl.First)
	}
}

func (s *subject) unknown(path, name string) {
	s.find(SeverityError, "unknown-state", path, fmt.Sprintf("%s: there is no state %q%s", path, name, didYouMean(name, s.decl.Order)),
		"declare it under states, or name another")
}

func checkTargets(s *subject) {
	for _, name := range s.decl.Order {
		s.decl.States[name].actions(func(_ string, a *action) {
			for _, to := range a.edges() {
				if s.decl.States[to] == nil {
					s.unknown(a.Field, to)
				}
			}
		})
	}
}

func checkFunnel(s *subject) {
	for i, name := range s.decl.Funnel {
		if s.decl.States[name] == nil {
			s.unknown("funnel", name)
		}
		if slices.Index(s.decl.Funnel, name) != i {
			s.find(SeverityError, "tie", "funnel", fmt.Sprintf("funnel: %q stands there twice", name), "a step counts once")
		}
	}
}

func checkFinal(s *subject) {
	for _, name := range s.decl.Order {
		st := s.decl.States[name]
		path := "states." + name
		if !st.Final {
			continue
		}
		if len(st.On) > 0 || len(st.Timers) > 0 || st.Leave != nil {
			s.find(SeverityError, "final", path, path+": a final state ends the enrollment: on, timers and leave never happen in it", "remove them, or final")
		}
		if len(st.Enter.edges()) > 0 {
			s.find(SeverityError, "final", path+".enter", path+".enter: a final state cannot lead on", "remove to, or final")
		}
	}
}

func checkUnreachable(s *subject) {
	from := []string{s.decl.First}
	if h := s.decl.Holdout; h != nil {
		from = append(from, h.State)
	}
	found, open := s.decl.reachable(from...)
	if open || s.decl.States[s.decl.First] == nil {
		return
	}
	for _, name := range s.decl.Order {
		if !found[name] {
			s.find(SeverityWarning, "unreachable", "states."+name, fmt.Sprintf("state %q is never reached", name),
				"lead to it, remove it, or name it in the to of the function that returns it")
		}
	}
}

// checkTemplates finds names of templates that the account does not have, in plain data and in fan:template("NAME", …).
func checkTemplates(s *subject) {
	if s.account == nil || s.unconfigured {
		return
	}
	for _, name := range s.decl.Order {
		s.decl.States[name].actions(func(_ string, a *action) {
			for _, st := range a.Steps {
				if st.Verb == "template" || st.Verb == "notice" {
					s.template(st.Template.Name, s.src.line(a.Field))
				}
			}
		})
	}
	walkTree(s.src.Chunk, func(e ast.Expr) {
		call, ok := e.(*ast.FuncCallExpr)
		if !ok || call.Method != "template" && call.Method != "notice" || len(call.Args) == 0 {
			return
		}
		if name, ok := call.Args[0].(*ast.StringExpr); ok {
			s.template(name.Value, call.Line())
		}
	})
}

// checkNotices finds notices with a url, in plain data and in fan:notice("NAME", {…}, {url = …}).
func checkNotices(s *subject) {
	for _, name := range s.decl.Order {
		s.decl.States[name].actions(func(_ string, a *action) {
			for _, st := range a.Steps {
				if st.Verb == "notice" && st.Template.URL != "" {
					s.notice(s.src.line(a.Field))
				}
			}
		})
	}
	walkTree(s.src.Chunk, func(e ast.Expr) {
		call, ok := e.(*ast.FuncCallExpr)
		if !ok || call.Method != "notice" || len(call.Args) < 3 {
			return
		}
		options, ok := call.Args[2].(*ast.TableExpr)
		if ok && slices.ContainsFunc(options.Fields, func(f *ast.Field) bool {
			key, named := f.Key.(*ast.StringExpr)
			return named && key.Value == "url"
		}) {
			s.notice(call.Line())
		}
	})
}

func (s *subject) notice(line int) {
	s.at(SeverityWarning, "notice-url", line, noticeURL, "remove url, or say the address in its data")
}

func (s *subject) template(name string, line int) {
	if _, ok := s.account.Templates[name]; ok {
		return
	}
	sev := SeverityError
	var known []string
	for k, id := range s.account.Templates {
		if id == name {
			return
		}
		known = append(known, k)
	}
	slices.Sort(known)
	if len(known) == 0 {
		sev = SeverityWarning
	}
	s.at(sev, "template", line, fmt.Sprintf("account %s has no template %q%s", s.account.Name, name, didYouMean(name, known)),
		"name its id under [account.templates] in fanflow.toml")
}
