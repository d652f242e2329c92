package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// sendTables are the records of what an account sends with, beside the fans' own.
type sendTables struct {
	rules     *table[rules]
	industry  *table[industryChoice]
	templates *table[ownTemplate]
	refused   *table[refusedMessage]
	notices   *table[ownTemplate]
	credits   *table[string] // one-time subscriptions that were agreed to and not used: creditKey → template id
	agents    *table[agent]
	records   *table[record]   // of what fans and agents said, by recordKey
	speed     *table[int]      // of mass sends
	waiting   *table[[]string] // OpenIDs that a mass send has still to reach, by its id

	notified map[string]bool // OpenIDs to whom a notice is on its way; not kept
}

func newSendTables(a *account) sendTables {
	a.tables[partKind] = massParts{a}
	return sendTables{
		rules:     newTable[rules](a, "rules"),
		industry:  newTable[industryChoice](a, "industry"),
		templates: newTable[ownTemplate](a, "template"),
		refused:   newTable[refusedMessage](a, "template-refused"),
		notices:   newTable[ownTemplate](a, "notice"),
		credits:   newTable[string](a, "onetime"),
		agents:    newTable[agent](a, "kf"),
		records:   newTable[record](a, "kf-record"),
		speed:     newTable[int](a, "mass-speed"),
		waiting:   newTable[[]string](a, "mass-waiting"),
		notified:  map[string]bool{},
	}
}

// sendRoutes are the control calls for what the platform and the administrator decide about an account's messages.
func (s *Server) sendRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/{app}/rules", s.forAccount(s.rulesGet))
	mux.HandleFunc("POST /sim/{app}/rules", s.forAccount(s.rulesSet))
	mux.HandleFunc("POST /sim/{app}/mass/confirm", s.forAccount(s.massConfirm))
}

// decodeStrict reads a control call's body into v; members that v does not have are an error.
func decodeStrict(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
