// Package wechat holds the words of the WeChat Official Account platform: what it pushes, what it may be answered, what it can
// be asked to send. It does no I/O and knows nothing of campaigns; the packages below it (crypt, callback, api, simulator)
// could be used by any program.
package wechat
