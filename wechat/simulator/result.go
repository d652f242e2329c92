package simulator

// jobPush does what a due job is for and returns the event that tells of it, nil for none. It may run again where a crash or
// an end cut its push off. No lock is held.
func (s *Server) jobPush(a *account, j *job) *push {
	if j.Event == eventMassFinished {
		a.finishMass(j.MsgID)
	}
	if j.Event == eventPublishFinished {
		a.finishPublish(j.MsgID, j.Due)
		p := publishPush(a, j)
		return &p
	}
	p := resultPush(a, j)
	return &p
}

// resultPush is the event of a due job. A mass send's has the account's own platform sender; nobody sees a reply to any.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html and …/template_message/…
func resultPush(a *account, j *job) push {
	openID := j.OpenID
	if openID == "" {
		openID = massSender
	}
	p := a.event(openID, j.Event, j.Due.Unix(), func(d *document) {
		if j.Event == eventNoticeSent {
			d.within("SubscribeMsgSentEvent", func() {
				d.within("List", func() {
					d.text("TemplateId", j.Template)
					d.text("MsgID", decimal(j.MsgID))
					d.text("ErrorCode", "0")
					d.text("ErrorStatus", j.Status)
				})
			})
			return
		}
		d.number("MsgID", j.MsgID)
		d.text("Status", j.Status)
		if n := j.Counts; n != nil {
			d.number("TotalCount", int64(n.Total))
			d.number("FilterCount", int64(n.Filter))
			d.number("SentCount", int64(n.Sent))
			d.number("ErrorCount", int64(n.Error))
		}
	})
	p.silent = true
	return p
}

// massSender is the FromUserName of MASSSENDJOBFINISH. The pages' sample has an OpenID there without saying whose; it is
// no fan's.
const massSender = "oSIMplatformMassSendJob00000"
