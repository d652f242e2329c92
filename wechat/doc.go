// Package wechat holds the words of the WeChat Official Account platform (公众号): what it pushes, what it may be answered, what
// it can be asked to send. It does no I/O and knows nothing of campaigns; the packages below it could be used by any program:
//
//   - wechat/crypt: signatures and the encrypted envelope;
//   - wechat/callback: the http.Handler that WeChat pushes to;
//   - wechat/api: the client of the server API;
//   - wechat/simulator: the platform itself, played.
//
// # Pushes
//
// [Parse] reads a push, XML or JSON, that is not encrypted or no longer is. The header stands in the [Push], what its type adds in
// [Push.Body]:
//
//	p, err := wechat.Parse(doc)
//	if err != nil {
//		return err // a *wechat.ParseError: the document is no push
//	}
//	switch b := p.Body.(type) {
//	case *wechat.Text:
//		reply = wechat.TextReply("您说:" + b.Content)
//	case *wechat.Subscribe:
//		greet(p.FromUserName, b.Scene)
//	case *wechat.Generic: // no type of its own: its fields by their path
//		log.Print(p.Name(), b.Fields["CardId"])
//	}
//
// Every message and event is taken. Names are compared without regard to case. Whatever a type leaves out is found by
// [Push.Fields], and [Push.Raw] is the document. WeChat delivers a push up to three times: [Push.Key] is the same for all of them.
//
// The platform passes on what fans paste: control characters, broken UTF-8, XML that closes its own element. Parse makes such
// documents readable and takes every header field from where it stands first, so that nobody can speak for somebody else. It
// refuses document type declarations and bounds size, depth and number of elements. Documents as the platform usually writes them are scanned
// without an allocation but the Push, its body and one string; anything unusual goes to encoding/xml. Beside xml.Unmarshal it
// is ten to twenty times as fast: see BenchmarkParse and docs/performance.md.
//
// # Replies
//
// [AppendReply] writes the passive reply to a push in the push's own format. It shows what can be shown: it cuts a long text and drops
// articles that are too many. [Reply.Validate] tells beforehand what would happen, so that a program can refuse instead, or send
// the rest by customer service (see [SplitText]):
//
//	if err := reply.Validate(p); err != nil {
//		return err // a *wechat.ReplyError with its Problem
//	}
//	answer := wechat.AppendReply(nil, p, reply, time.Now())
//
// The zero [Reply] answers "success": the push is taken and the fan is shown nothing.
package wechat
