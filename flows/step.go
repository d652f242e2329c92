package flows

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"fanflow/wechat"
)

// step is one thing that plain data asks for. Only the fields that its verb needs are set. Texts may hold ${…}.
type step struct {
	Verb     string
	Names    []string     // tag, untag, goal, cancel; the agent of transfer; the flow of enroll and call; the experiment of variant
	Set      []assignment // set, add; the variables of enroll and call
	Claim    *claim
	Arms     []arm // variant; none: the experiment is declared
	Message  message
	Template wechat.Template
	Options  sendOptions // message, send, template, notice, enroll
}

// assignment sets a variable of the enrollment or an attribute of the fan, or adds to it.
type assignment struct {
	Var   bool
	Name  string
	Value any
}

// verbs in the order in which plain data is carried out, whatever the order in the script: what is set can be said.
var verbs = []string{
	"set", "add", "claim", "variant", "tag", "untag", "goal", "cancel", "reply", "message", "send", "template", "notice", "transfer",
	"enroll", "call", "leave",
}

// readSteps reads the value of a verb.
func readSteps(verb string, v any) ([]step, error) {
	switch verb {
	case "set", "add":
		set, err := assignmentsOf(verb, v)
		return []step{{Verb: verb, Set: set}}, err
	case "claim":
		return claimSteps(v)
	case "variant":
		return variantSteps(v)
	case "tag", "untag", "goal", "cancel":
		names, err := namesOf(v)
		return []step{{Verb: verb, Names: names}}, err
	case "reply", "message", "send":
		return messageSteps(verb, v)
	case "template", "notice":
		t, o, err := templateOf(verb, v)
		return []step{{Verb: verb, Template: t, Options: o}}, err
	case "transfer":
		agent, err := transferOf(v)
		return []step{{Verb: verb, Names: []string{agent}}}, err
	case "enroll":
		return enrollSteps(v)
	case "call":
		s, err := flowStep(verb, v, false)
		return []step{s}, err
	case "leave":
		if v != true {
			return nil, fmt.Errorf("leave is true, or left out")
		}
		return []step{{Verb: verb}}, nil
	}
	return nil, fmt.Errorf("there is no %q", verb)
}

func transferOf(v any) (agent string, err error) {
	if v == true {
		return "", nil
	}
	agent, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("transfer is true, or the name of an agent")
	}
	return agent, nil
}

// assignmentsOf reads {city = "上海", ["vars.n"] = 1}: variables first, then attributes, each by name.
func assignmentsOf(verb string, v any) (set []assignment, err error) {
	t, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is a table of attributes, such as {city = \"上海\"}, not %s", verb, typeName(v))
	}
	for _, k := range sortedKeys(t) {
		a, err := assignmentOf(k, t[k])
		if err != nil {
			return nil, err
		}
		if verb == "add" && !addable(a.Value) {
			return nil, fmt.Errorf("%s: add takes a number, not %s", k, typeName(a.Value))
		}
		set = append(set, a)
	}
	slices.SortStableFunc(set, func(a, b assignment) int {
		if a.Var != b.Var {
			return cmp.Compare(strconv.FormatBool(b.Var), strconv.FormatBool(a.Var))
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return set, nil
}

// assignmentOf reads vars.x, attrs.x or x, which is an attribute.
func assignmentOf(place string, v any) (assignment, error) {
	a := assignment{Name: place, Value: v}
	if name, ok := strings.CutPrefix(place, "vars."); ok {
		a.Var, a.Name = true, name
	} else if name, ok := strings.CutPrefix(place, "attrs."); ok {
		a.Name = name
	}
	what := "attribute"
	if a.Var {
		what = "variable"
	}
	return a, checkWord(what, a.Name)
}

// addable takes numbers, and texts that a place is filled into.
func addable(v any) bool {
	text, ok := v.(string)
	if !ok {
		_, ok = v.(float64)
		return ok
	}
	return strings.Contains(text, "${")
}

func namesOf(v any) ([]string, error) {
	if s, ok := v.(string); ok {
		v = []any{s}
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("write a name or a list of names, not %s", typeName(v))
	}
	var names []string
	for _, item := range list {
		s, ok := item.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("a name is a text that is not empty, not %s", typeName(item))
		}
		names = append(names, s)
	}
	return names, nil
}

func messageSteps(verb string, v any) ([]step, error) {
	items, ok := v.([]any)
	if !ok || isNews(v) {
		items = []any{v}
	}
	var steps []step
	for _, item := range items {
		m, o, err := messageOf(item)
		if err == nil && verb == "reply" && o != (sendOptions{}) {
			err = fmt.Errorf("a reply goes at once: use message or send with %s", strings.Join(optionFields, ", "))
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{Verb: verb, Message: m, Options: o})
	}
	return steps, nil
}

// templateOf reads {name = "…", data = {…}, url = "…", at = …}.
func templateOf(verb string, v any) (wechat.Template, sendOptions, error) {
	var t wechat.Template
	in, ok := v.(map[string]any)
	if !ok {
		return t, sendOptions{}, fmt.Errorf("%s is a table such as {name = \"…\", data = {…}}, not %s", verb, typeName(v))
	}
	rest := maps.Clone(in)
	o, err := optionsOf(rest)
	if err != nil {
		return t, o, err
	}
	if t.Name, err = takeString(rest, "name"); err != nil {
		return t, o, err
	}
	if t.URL, err = takeString(rest, "url"); err != nil {
		return t, o, err
	}
	if t.Data, err = templateData(orEmpty(rest["data"])); err != nil {
		return t, o, err
	}
	delete(rest, "data")
	if t.Name == "" {
		return t, o, fmt.Errorf("%s needs a name", verb)
	}
	if verb == "template" && o.Purpose == "campaign" {
		return t, o, errCampaignTemplate
	}
	return t, o, nothingElse(rest, "name, data, url, "+strings.Join(optionFields, ", "))
}

func orEmpty(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

// errCampaignTemplate: the platform closes the template interface of accounts that use it for marketing.
// Source: the operating rules of template messages, developers.weixin.qq.com (模板消息运营规范).
var errCampaignTemplate = fmt.Errorf("a campaign never goes by template message: the platform punishes it; use send, or a broadcast")

// texts shows every text of the step in which ${…} is filled in.
func (s *step) texts(see func(string)) {
	for _, n := range s.Names {
		see(n)
	}
	for _, a := range s.Set {
		seeTexts(a.Value, see)
	}
	if s.Claim != nil {
		see(s.Claim.Key)
	}
	s.Options.texts(see)
	seeTexts(s.Message.Fields, see)
	see(s.Message.Text)
	for _, a := range s.Message.Articles {
		see(a.Title)
		see(a.Description)
		see(a.PicURL)
		see(a.URL)
	}
	for _, k := range sortedKeys(s.Template.Data) {
		see(s.Template.Data[k])
	}
	see(s.Template.URL)
}
