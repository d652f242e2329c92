package simulator

// qrEndpoints are QR codes and short links.
func qrEndpoints() map[string]endpoint {
	return map[string]endpoint{}
}
