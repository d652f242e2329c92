// Package simulator plays the WeChat platform for Official Accounts over a real socket: the server API, the pushes to an
// account's callback URL, the fans with their phones, the quotas and windows, and a clock that can be moved. Campaigns run
// on it in tests and in the demo; no WeChat account is needed.
//
// It is written from the platform's pages and shares nothing with the client, the parser and the reply writer of this module
// but the signature and the envelope (package crypt), so that it can find their mistakes. What the pages leave open is a
// field of Switches or is said in a comment.
//
// A Server is an http.Handler for three families of paths: /cgi-bin/… is the platform's API, /sim/… plays the fans and moves
// the clock (loopback only), and /sns/… is answered as not played. README.md shows the calls.
package simulator
