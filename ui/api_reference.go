package ui

import (
	"net/http"

	"fanflow/flows"
	"fanflow/plugins/reference"
)

// apiReference gives all that scripts can write, as data: for the completion of editors.
func (s *server) apiReference(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(reference.JSON(flows.Reference())) // a reader that has gone needs no error
	return nil
}
