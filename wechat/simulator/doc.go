// Package simulator plays the WeChat platform for Official Accounts over a real socket: the server API, the pushes to an
// account's callback URL, the fans with their phones, the quotas and windows, and a clock that can be moved. Campaigns run
// on it in tests and in the demo; no WeChat account is needed.
//
// It is written from the platform's pages and shares nothing with the client, the parser and the reply writer of this module
// but the signature and the envelope (package crypt), so that it can find their mistakes. What the pages leave open is a
// field of Switches or is said in a comment.
//
// A Server is an http.Handler for the platform's API (/cgi-bin/…, /sns/… and others), for the page that web pages send a fan to
// (/connect/oauth2/authorize), and for the calls that play the fans and move the clock (/sim/…, loopback only). README.md shows
// the calls.
package simulator
