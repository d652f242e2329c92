package simulator

// draftEndpoints are drafts and publishing.
func draftEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
