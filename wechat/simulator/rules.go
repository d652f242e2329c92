package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// rules are what the platform decides about an account's messages for reasons of its own. A control call sets them; they are
// kept in the state file. The zero value lets everything through.
type rules struct {
	// Templates says what befell a template, by its id: limited (43116), disabled (48011), banned (notices: 43107), marketing
	// (40249, and the message is listed by queryblocktmplmsg), failing (the result is "failed: system failed"). Empty: nothing.
	Templates map[string]string `json:"templates"`
	// NoticesBanned takes the ability to send notices away: 43107.
	NoticesBanned bool `json:"notices_banned"`
	// Words must not stand in a notice: 45168.
	Words []string `json:"words"`
	// Custom refuses customer-service messages: blocked (45087) or penalty (45094).
	Custom string `json:"custom"`
	// Names are fans' WeChat names, for previews: name → OpenID.
	Names map[string]string `json:"wxnames"`
	Mass  massRules         `json:"mass"`
}

// massRules are those of mass sends.
type massRules struct {
	Protected bool `json:"protected"` // sends to all wait 30 minutes for the administrator
	// Error ends a send with err(n): 10001, 20001 … 22000 by review, 30001 where the originality check itself fails.
	Error int  `json:"error"`
	Fails bool `json:"fails"` // sends end with "send fail"
	// Reprints are the articles that the originality check finds to be others'.
	Reprints []reprint `json:"reprints"`
}

// reprint is an article that was found to be another account's.
type reprint struct {
	Article int    `json:"article_idx"` // from 1
	Allowed bool   `json:"allowed"`     // its author lets others send it
	URL     string `json:"url"`         // of the original
}

const (
	templateLimited   = "limited"
	templateDisabled  = "disabled"
	templateBanned    = "banned"
	templateMarketing = "marketing"
	templateFailing   = "failing"
)

// massErrors are the numbers that review and originality check end a send with; those of the administrator come by state.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
var massErrors = []int{0, 10001, 20001, 20002, 20004, 20006, 20008, 20013, 21000, 22000, 30001}

func (r rules) check() error {
	for id, what := range r.Templates {
		if !slices.Contains([]string{"", templateLimited, templateDisabled, templateBanned, templateMarketing, templateFailing}, what) {
			return fmt.Errorf("templates: %s is %q; it may be limited, disabled, banned, marketing, failing or empty", id, what)
		}
	}
	switch {
	case !slices.Contains([]string{"", "blocked", "penalty"}, r.Custom):
		return fmt.Errorf("custom is %q; it may be blocked, penalty or empty", r.Custom)
	case !slices.Contains(massErrors, r.Mass.Error):
		return fmt.Errorf("mass.error is %d; it may be one of %v", r.Mass.Error, massErrors)
	case slices.ContainsFunc(r.Mass.Reprints, func(p reprint) bool { return p.Article < 1 }):
		return errors.New("mass.reprints: article_idx counts from 1")
	}
	return nil
}

const rulesRow = "account"

func (a *account) rules() rules {
	r, _ := a.sends.rules.get(rulesRow)
	return r
}

// rulesGet answers with the account's rules.
func (s *Server) rulesGet(w http.ResponseWriter, _ *http.Request, a *account) {
	a.mu.Lock()
	r := a.rules()
	a.mu.Unlock()
	answer(w, r)
}

// rulesSet changes the rules that the body names and leaves the others as they are.
func (s *Server) rulesSet(w http.ResponseWriter, r *http.Request, a *account) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControl))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too large")
		return
	}
	next, err := a.changeRules(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, next)
}

// changeRules changes the rules that the body names. What it returns is never changed again.
func (a *account) changeRules(body []byte) (next rules, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := json.Unmarshal(marshal(a.rules()), &next); err != nil { // a copy: nothing of a refused body stays
		return next, err
	}
	if err := decodeStrict(body, &next); err != nil {
		return next, err
	}
	if err := next.check(); err != nil {
		return next, err
	}
	a.sends.rules.put(rulesRow, next)
	return next, nil
}
