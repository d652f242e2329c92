package wechat

import (
	"math"
	"strconv"
	"strings"
)

// Parse reads one push that is not encrypted (or no longer is), XML or JSON, told apart by its first byte. Every message and
// event is taken: one of a type that has no body of its own has a *Generic one. The only error is *ParseError, for a
// document that cannot be read or whose CreateTime is no number. Of a header field that occurs twice the first counts, so that
// what a fan wrote cannot overwrite the sender. The Push keeps doc as Raw; the caller must not change it afterwards.
func Parse(doc []byte) (*Push, error) {
	fields, err := scan(doc)
	if err != nil {
		return nil, err
	}
	p := &Push{
		ToUserName:   word(fields, "ToUserName"),
		FromUserName: word(fields, "FromUserName"),
		MsgType:      word(fields, "MsgType"),
		Event:        word(fields, "Event"),
		EventKey:     first(fields, "EventKey"),
		MsgID:        word(fields, "MsgId"),
		Raw:          doc,
	}
	if p.MsgID == "" {
		p.MsgID = word(fields, "MsgID") // of template and mass jobs
	}
	if created := word(fields, "CreateTime"); created != "" {
		if p.CreateTime, err = strconv.ParseInt(created, 10, 64); err != nil {
			return nil, &ParseError{Msg: "CreateTime is no number of seconds"}
		}
	}
	p.Body = body(p, fields)
	return p, nil
}

// ParseEnvelope reads the outer document of an encrypted push: ToUserName and Encrypt. What else stands in it (compatible
// mode repeats the clear fields) is nobody's word and is left out. The error is *ParseError, also where Encrypt is missing.
func ParseEnvelope(doc []byte) (toUser, encrypt string, err error) {
	fields, err := scan(doc)
	if err != nil {
		return "", "", err
	}
	encrypt = word(fields, "Encrypt")
	if encrypt == "" {
		return "", "", &ParseError{Msg: "there is no Encrypt in it"}
	}
	return word(fields, "ToUserName"), encrypt, nil
}

func scan(doc []byte) ([]field, error) {
	s := strings.TrimLeft(sanitize(doc), " \t\n")
	if isJSON(s) {
		return scanJSON(s)
	}
	if !strings.HasPrefix(s, "<") {
		return nil, &ParseError{Msg: "it is neither XML nor JSON"}
	}
	return scanXML(s)
}

func isJSON[T string | []byte](doc T) bool { return len(doc) > 0 && doc[0] == '{' }

func first(fields []field, path string) string {
	for i := range fields {
		if fields[i].path == path {
			return fields[i].value
		}
	}
	return ""
}

// word is a field that holds no white space: some samples of the platform break lines inside an element.
func word(fields []field, path string) string { return strings.TrimSpace(first(fields, path)) }

// body is what the type adds; matching takes no notice of case, as the platform does not either (SCAN was seen as scan).
func body(p *Push, fields []field) Body {
	get := func(path string) string { return first(fields, path) }
	switch strings.ToLower(p.MsgType) {
	case "text":
		return &Text{Content: get("Content"), MenuID: get("bizmsgmenuid")}
	case "location":
		x, okX := degrees(get("Location_X"))
		y, okY := degrees(get("Location_Y"))
		if okX && okY {
			scale, _ := strconv.Atoi(strings.TrimSpace(get("Scale"))) // 0 where it is missing: the place counts
			return &Location{Latitude: x, Longitude: y, Scale: scale, Label: get("Label")}
		}
	case "event":
		if b := eventBody(p, get); b != nil {
			return b
		}
	}
	return generic(fields)
}

func eventBody(p *Push, get func(string) string) Body {
	switch strings.ToLower(p.Event) {
	case "subscribe":
		// Other keys occur (last_trade_no_… after a payment) and are no scene; a scene may itself hold underscores.
		scene, ok := strings.CutPrefix(p.EventKey, "qrscene_")
		if !ok {
			scene = ""
		}
		return &Subscribe{Scene: scene, Ticket: get("Ticket")}
	case "unsubscribe":
		return &Unsubscribe{}
	case "scan":
		return &Scan{Scene: p.EventKey, Ticket: get("Ticket")}
	case "location":
		lat, okLat := degrees(get("Latitude"))
		lon, okLon := degrees(get("Longitude"))
		if !okLat || !okLon {
			return nil
		}
		precision, _ := degrees(get("Precision"))
		return &LocationReport{Latitude: lat, Longitude: lon, Precision: precision}
	case "click":
		return &Click{Key: p.EventKey}
	case "templatesendjobfinish", "masssendjobfinish":
		return &SendResult{
			Status:      get("Status"),
			TotalCount:  count(get("TotalCount")),
			FilterCount: count(get("FilterCount")),
			SentCount:   count(get("SentCount")),
			ErrorCount:  count(get("ErrorCount")),
		}
	}
	return nil
}

func degrees(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func count(s string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 64) // template jobs have none
	return n
}

// isHeader reports whether the Push itself carries the field.
func isHeader(path string) bool {
	switch path {
	case "ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "MsgID":
		return true
	}
	return false
}

func generic(fields []field) *Generic {
	g := &Generic{Fields: make(map[string]string, len(fields))}
	seen := make(map[string]int)
	for _, f := range fields {
		if isHeader(f.path) {
			continue
		}
		seen[f.path]++
		path := f.path
		if n := seen[f.path]; n > 1 {
			path += "#" + strconv.Itoa(n)
		}
		if _, taken := g.Fields[path]; !taken { // an element may be called a#2
			g.Fields[path] = f.value
		}
	}
	return g
}
