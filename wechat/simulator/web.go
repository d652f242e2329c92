package simulator

// webEndpoints are web sign-in and the JS-SDK.
func webEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
