package simulator

import "net/http"

// sendTables are the records of what an account sends with, beside the fans' own.
type sendTables struct{}

func newSendTables(a *account) sendTables { return sendTables{} }

// sendRoutes are the control calls for what the platform decides about an account's messages.
func (s *Server) sendRoutes(mux *http.ServeMux) {}
