package e2e_test

import (
	"fmt"
	"strconv"
	"time"

	"github.com/chromedp/chromedp"
)

// phone is the page on which the demo lets a visitor play fans. The ids are listed at the top of ui/templates/phone.html.
type phone struct{ *tab }

func (p phone) idle() {
	p.t.Helper()
	p.until("the phone comes to rest", `!document.body.hasAttribute("aria-busy") && document.querySelector("#phone-error").hidden`)
}

// fan is the OpenID of the fan who is being played.
func (p phone) fan() string {
	p.t.Helper()
	p.until("a fan is shown", `document.querySelector("#fan-openid").textContent !== ""`)
	p.idle()
	return p.texts("#fan-openid")[0]
}

// newFan takes a fan whom nobody has seen yet.
func (p phone) newFan() string {
	p.t.Helper()
	before := p.fan()
	p.click("#fan-new")
	p.until("another fan is shown", `document.querySelector("#fan-openid").textContent !== `+strconv.Quote(before))
	return p.fan()
}

// play goes back to a fan.
func (p phone) play(openID string) {
	p.t.Helper()
	p.choose("#fan-select", openID)
	p.until("the fan is shown", `document.querySelector("#fan-openid").textContent === `+strconv.Quote(openID))
	p.idle()
}

func (p phone) write(text string) {
	p.t.Helper()
	p.fill("#text-input", text)
	p.click("#text-send")
	p.untilText(`[data-testid="bubble-mine"]`, text)
}

// reads waits until the last passive reply in the chat says text.
func (p phone) reads(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the last reply says %q", text),
		`[...document.querySelectorAll('[data-testid="bubble-reply"]')].at(-1)?.textContent.includes(`+strconv.Quote(text)+`)`)
	p.idle()
}

// now is the simulated time that the page shows.
func (p phone) now() time.Time {
	p.t.Helper()
	p.until("the clock is shown", `document.querySelector("#clock-now").dateTime !== ""`)
	all, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("#clock-now").dateTime`))
	if err != nil {
		p.t.Fatalf("read the clock: %v", err)
	}
	at, err := time.Parse(time.RFC3339, all)
	if err != nil {
		p.t.Fatalf("read the clock: %v", err)
	}
	return at
}

// moveTo moves the clock on to the next time that it is hour o'clock where the account is.
func (p phone) moveTo(hour int) {
	p.t.Helper()
	now := p.now().In(time.FixedZone("Asia/Shanghai", 8*3600))
	to := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	if !to.After(now) {
		to = to.AddDate(0, 0, 1)
	}
	p.fill("#clock-custom", fmt.Sprintf("%dm", int(to.Sub(now).Minutes())+1))
	p.click("#clock-move")
	p.moved(to)
}

// moved waits until the clock has passed an instant.
func (p phone) moved(to time.Time) {
	p.t.Helper()
	p.until("the clock has moved to "+to.Format(time.DateTime), fmt.Sprintf(
		`Date.parse(document.querySelector("#clock-now").dateTime) >= %d`, to.UnixMilli()))
	p.idle()
}
