package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long anything in the browser may take.
const patience = 20 * time.Second

// tab is one browser tab with cookies of its own. Its methods fail the test when something does not happen in time.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // of relative addresses

	mu       sync.Mutex
	messages []string // what the page complained of
	allowed  string   // a complaint with this text is expected
	shots    int
}

// openTab opens a tab for the length of the test. At its end the test fails if a page complained: an uncaught exception, an
// error on the console, something the content security policy refused.
func openTab(t *testing.T, base string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, base: base}
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			if (m.IsException() || m.Type == "error") && !unknownFan(m) {
				b.mu.Lock()
				b.messages = append(b.messages, fmt.Sprintf("%s (%s:%d)", m.Text, m.URL, m.Line+1))
				b.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		if t.Failed() {
			b.shot("failed")
			t.Logf("the page at the end: %s", b.snapshot())
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, m := range b.messages {
			if b.allowed != "" && strings.Contains(m, b.allowed) {
				continue
			}
			t.Errorf("the page complained: %s", m)
		}
	})
	return b
}

// unknownFan is Chromium's own line about the 404 of a fan who has not done anything yet. The phone asks, and expects it.
func unknownFan(m chromedp.ConsoleMessage) bool {
	return m.Source == "network" && strings.Contains(m.Text, "404") && strings.Contains(m.URL, "/fans/")
}

// do runs actions within patience.
func (b *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// open goes to an address of the service.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.base+path))
}

// click clicks the element of a CSS selector once it can be seen.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// fill replaces what stands in a field.
func (b *tab) fill(selector, value string) {
	b.t.Helper()
	b.do("fill "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Clear(chromedp.CSS(selector)),
		chromedp.SendKeys(chromedp.CSS(selector), value))
}

// choose selects an option of a select by its value, as a user's choice would: the page is told.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	b.until("choose "+value+" in "+selector, fmt.Sprintf(
		`(() => { const s = document.querySelector(%[1]s); s.value = %[2]s; s.dispatchEvent(new Event("input", {bubbles: true}));
		s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === %[2]s })()`, strconv.Quote(selector), strconv.Quote(value)))
}

// until waits for a JavaScript expression to become true. It outlives reloads of the page, during which nothing can be asked.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithDeadline(b.ctx, deadline)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		cancel()
		if ok && err == nil {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%s: did not happen (last error: %v)", what, err)
		}
		time.Sleep(30 * time.Millisecond) // the page's own pace; nothing here depends on how long it takes
	}
}

// untilText waits until the elements of a selector say text, alone or among other text.
func (b *tab) untilText(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s says %q", selector, text), fmt.Sprintf(
		`[...document.querySelectorAll(%s)].some(e => (e.innerText ?? e.textContent).includes(%s))`, strconv.Quote(selector), strconv.Quote(text)))
}

// texts gives the visible text of all elements of a selector.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	all, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(
		`[...document.querySelectorAll(%s)].map(e => e.innerText.trim())`, strconv.Quote(selector))))
	if err != nil {
		b.t.Fatalf("texts of %s: %v", selector, err)
	}
	return all
}

// shot takes a picture of the page. Pictures are numbered in the order of the test.
func (b *tab) shot(name string) {
	b.t.Helper()
	b.shots++
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("screenshot %s: %v", name, err)
		return
	}
	file := fmt.Sprintf("%s-%02d-%s.png", strings.ReplaceAll(b.t.Name(), "/", "-"), b.shots, name)
	if err := os.WriteFile(filepath.Join(shots, file), png, 0o644); err != nil {
		b.t.Errorf("keep screenshot: %v", err)
	}
}

// snapshot is the page in words, for a failed test.
func (b *tab) snapshot() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}
