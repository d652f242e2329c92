package ui

import (
	"errors"
	"net/http"
	"strconv"

	"fanflow/flows"
	"fanflow/store"
)

// apiReplay plays a fan's journal again and says, step by step, whether it comes out the same. It gives who was erased, too:
// what is kept of them is a tombstone.
func (s *server) apiReplay(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	until := uint64(0)
	if v := r.URL.Query().Get("until"); v != "" {
		if until, err = strconv.ParseUint(v, 10, 64); err != nil {
			return faultf(http.StatusBadRequest, "until is %q, but the number of a row is meant", v)
		}
	}
	fan := store.FanID{Account: a.Name, OpenID: param(r, "openid")}
	if fan.OpenID == "" || len(fan.OpenID) > 128 {
		return faultf(http.StatusNotFound, "there is no such fan")
	}
	replay, err := s.Engine.Replay(r.Context(), fan, until)
	if errors.Is(err, flows.ErrNoFan) {
		return faultf(http.StatusNotFound, "account %s has never heard of fan %s", a.Name, fan.OpenID)
	}
	if err != nil {
		return err
	}
	for i := range replay.Steps {
		step := &replay.Steps[i]
		inZone(a.Location, &step.At)
		viewRows(a.Location, step.Rows)
	}
	return writeJSON(w, http.StatusOK, replay)
}
