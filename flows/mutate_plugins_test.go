package flows_test

import (
	"testing"

	"fanflow/bench/mutation"
)

var pluginMutations = []mutation.Mistake{
	{"what the clock stopped is broken for good", "library.go", "\tif isSlow(err) {\n\t\treturn nil, fmt.Errorf(\"flow", "\tif false && isSlow(err) {\n\t\treturn nil, fmt.Errorf(\"flow", "^TestASlowMomentUnpublishesNothing$"},
	{
		"what a request is remembered by has its secrets", "fetch.go", "\tkey, err := encode(r)\n",
		"\tfor _, h := range r.Headers {\n\t\tfor i := range h {\n\t\t\tif h[i].Secret != \"\" {\n\t\t\t\th[i].Text, _ = p.d.host.Secret(p.d.account.Name, r.Plugin, h[i].Secret)\n\t\t\t\th[i].Secret = \"\"\n\t\t\t}\n\t\t}\n\t}\n\tkey, err := encode(r)\n",
		"^TestCRMReads$",
	},
	{"answers are remembered with secrets", "secret.go", "return m.ReplaceAllLiteralString(s, hidden)", "return s", "^TestCRMReads$"},
	{"secrets are hidden as they are written alone", "secret.go", "forms = append(forms, inAnySpelling(v))", "forms = append(forms, regexp.QuoteMeta(v))", "^TestCRMReads$"},
	{"headers are remembered with secrets", "fetch.go", "strings.ToValidUTF8(m.hide(a.Headers[name]), \"\")", "strings.ToValidUTF8(a.Headers[name], \"\")", "^TestCRMReads$"},
	{
		"plugins come before the account's own words", "decide.go",
		"\tif taken, err := d.own(); taken || err != nil {\n\t\treturn err\n\t}\n\tif stopped, err := d.hooked(); stopped || err != nil {\n\t\treturn err\n\t}\n",
		"\tif stopped, err := d.hooked(); stopped || err != nil {\n\t\treturn err\n\t}\n\tif taken, err := d.own(); taken || err != nil {\n\t\treturn err\n\t}\n",
		"^TestHooksOwnWords$",
	},
	{"a hook that fails stops the event", "hook_event.go", "return false, d.noteHook(h, f)", "return true, d.noteHook(h, f)", "^TestHooksFailure$"},
	{"a hook that fails says sorry", "hooks.go", "return d.noteFailed(h.Flow, f)", "return d.noteFailure(h.Flow, f)", "^TestHooksFailure$"},
	{"what a hook made of an event nobody sees", "hook_event.go", "\t\td.event = next\n", "\t\t_ = next\n", "^TestHooksOrder$"},
	{"what was stopped is offered", "hook_event.go", "\t\treturn true, nil\n", "\t\treturn false, nil\n", "^TestHooksStop$"},
	{"a vetoed reply is given", "hook_send.go", "\t\t\treturn true, d.draft.add(", "\t\t\treturn false, d.draft.add(", "^TestHooksPassive$"},
	{"a filter that fails lets replies go", "hook_send.go", "\tif h.Plugin.Hooks.OnError == passOn {", "\tif true {", "^TestHooksPassive$"},
	{"a filter that fails lets sends go", "hook_send.go", "case f != nil && h.Plugin.Hooks.OnError == passOn:", "case f != nil:", "^TestBeforeSend$"},
	{"before_send counts keys", "port.go", "\tif p.walk.hook == beforeSend {", "\tif p.walk.hook == \"?\" {", "^TestHooksPassive$"},
	{"before_send orders calls", "outcall.go", "if p.walk.hook == beforeSend {", "if p.walk.hook == \"?\" {", "^TestHooksPassive$"},
	{"before_send changes the fan", "hooks.go", `case w.hook == beforeSend && verb != "has":`, `case w.hook == "?" && verb != "has":`, "^TestHooksPassive$"},
	{"hooks run by name alone", "hooks.go", "return cmp.Or(cmp.Compare(a.Plugin.Order, b.Plugin.Order), strings.Compare(a.Plugin.Name, b.Plugin.Name))", "return cmp.Or(strings.Compare(a.Plugin.Name, b.Plugin.Name))", "^TestHooksOrder$"},
	{"a hook hears what it did", "hooks.go", "if !h.on(a) || flow == h.Flow.Name {", "if !h.on(a) {", "^TestHooksTold$"},
	{"every hook hears what flows tell each other", "hooks.go", "namedOnly[event])", "false && namedOnly[event])", "^TestHooksTold$"},
	{"a paused plugin's hooks run", "hooks.go", "return !h.Paused && !a", "return !a", "^TestHooksSick$"},
	{"hooks that are off run", "hooks.go", "return !h.Paused && !a.Plugins[h.Plugin.Name].Off", "return !h.Paused", "^TestHooksOff$"},
	{"Lua starts for what nobody hooks", "hooks.go", "\tif slices.Contains(h.Match, name) {\n\t\treturn name, true\n\t}\n", "\tif len(h.Match) > 0 {\n\t\treturn h.Match[0], true\n\t}\n", "^TestHooksFilter$"},
	{"a decision reads from where it likes", "fetch.go", "return len(asked) <= most", "return len(asked) <= most<<4", "^TestReadsAreCounted$"},
	{"a conflict asks again", "fetch.go", "if a := f.web[n.Key]; a != nil {", "if a := f.web[n.Key]; false && a != nil {", "^TestConflict$"},
	{"lines are kept before the commit", "run.go", "\treceipt, err := a.store.Commit(ctx, out.change)\n", "\ta.record(ctx, a.fan, a.task.now, out.logs, out.parts)\n\tout.logs, out.parts = nil, nil\n\treceipt, err := a.store.Commit(ctx, out.change)\n", "^TestConflict$"},
	{"accounts share what is kept of answers", "fetch.go", `cacheKey: f.account + "\n" + n.Key`, "cacheKey: n.Key", "^TestCacheOfAnAccount$"},
	{"each try has a key of its own", "outcall.go", "\t\treturn hex.EncodeToString(sum[:16])\n\t}\n\treturn job.ID\n", "\t\treturn hex.EncodeToString(sum[:16])\n\t}\n\treturn fmt.Sprint(job.ID, job.Attempt)\n", "^TestCallLadder$"},
	{"a call whose time is over is made", "outcall.go", "if !args.Until.IsZero() && t.now", "if args.Until.Year() == 1 && t.now", "^TestCallExpires$"},
	{"nobody waits as long as asked", "outcall.go", "if asked, ok := a.retryAfter(t.now); ok {", "if asked, ok := a.retryAfter(t.now); false && ok {", "^TestCallEnds$"},
	{"what is refused is asked again", "outcall.go", "return a.Status >= 300 && a.Status < 500 &&", "return a.Status >= 300 && a.Status < 400 &&", "^TestCallEnds$"},
	{"a call is made for who was erased", "outcall.go", "gone, err := e.erased(ctx, job); gone || err != nil {", "gone, err := e.erased(ctx, job); false && gone || err != nil {", "^TestCallOfTheErased$"},
	{"everybody hears an answer", "match.go", "if c := d.event.Call; c != nil &&", "if c := d.event.Call; false && c != nil &&", "^TestAnswerIsOnesOwn$"},
	{"lines of what was undone look as if it stood", "decide.go", "\td.undo(wrote)\n", "\t_ = wrote\n", "^TestScriptLogUndone$"},
	{"a flood of lines is kept", "scriptlog.go", "len(d.logs) == maxLogLines", "len(d.logs) == maxLogLines<<8", "^TestScriptLogBounded$"},
	{"two webhooks with one key are two", "account_jobs.go", "\tkey := h.Key\n\tif key == \"\" {", "\tkey := h.Key\n\tif key != \"?\" {", "^TestOnWebhookOnce$"},
	{"a webhook that fails is tried once more", "account.go", "if a.job.Attempt+1 < hookTries {", "if a.job.Attempt < hookTries {", "^TestOnWebhookFails$"},
	{"a run makes one event more", "account.go", "c.events > maxRelayed {", "c.events > maxRelayed+1 {", "^TestOnWebhookFails$"},
	{"another system may leave the prefix out", "account_jobs.go", "if !ok || err != nil || !s.Ready() {", "if err != nil || !s.Ready() {", "^TestSigner$"},
	{"nothing is signed right by nobody's secret", "account_jobs.go", "if !ok || err != nil || !s.Ready() {", "if !ok || err != nil {", "^TestSigner$"},
}

// TestPluginMutations: each of these mistakes in what plugins may do is found by the tests that are named for it.
func TestPluginMutations(t *testing.T) { mutation.Try(t, pluginMutations) }
