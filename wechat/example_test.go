package wechat_test

import (
	"fmt"
	"time"

	"fanflow/wechat"
)

func ExampleParse() {
	p, err := wechat.Parse([]byte(`<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>` +
		`<FromUserName><![CDATA[oFAN]]></FromUserName><CreateTime>1700000001</CreateTime><MsgType><![CDATA[event]]></MsgType>` +
		`<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_spring_24]]></EventKey></xml>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if b, ok := p.Body.(*wechat.Subscribe); ok {
		fmt.Println(p.FromUserName, "came by", b.Scene)
	}
	// Output: oFAN came by spring_24
}

func ExampleAppendReply() {
	p := &wechat.Push{ToUserName: "gh_1", FromUserName: "oFAN", MsgType: "text"}
	reply := wechat.TextReply("a]]>b")
	if err := reply.Validate(p); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", wechat.AppendReply(nil, p, reply, time.Unix(1700000002, 0)))
	// Output: <xml><ToUserName><![CDATA[oFAN]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>1700000002</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>
}
