package simulator

// jobPush does what a due job is for and returns the event that tells of it, nil for none. It may run again where a crash or
// an end cut its push off. No lock is held.
func (s *Server) jobPush(a *account, j *job) *push {
	switch j.Event {
	case eventMassSlice:
		s.nextSlice(a, j.MsgID, j.Step, j.Due)
		return nil
	case eventMassExpired:
		s.settleMass(a, j.MsgID, massUnheard, j.Due)
		return nil
	case eventMassFinished:
		p := massPush(a, j)
		return &p
	case eventPublishFinished:
		a.finishPublish(j.MsgID, j.Due)
		p := publishPush(a, j)
		return &p
	}
	p := s.resultPush(a, j)
	return &p
}

// resultPush is the event of a template message or a notice that was sent; nobody sees a reply to it.
// Source: developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html and
// …/subscription_messages/push.html
func (s *Server) resultPush(a *account, j *job) push {
	p := a.event(j.OpenID, j.Event, j.Due.Unix(), func(d *document) {
		if j.Event == eventNoticeSent {
			d.within("SubscribeMsgSentEvent", func() {
				s.noticeList(d, func() {
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
	})
	p.silent = true
	return p
}

// massSender is the FromUserName of MASSSENDJOBFINISH. The pages' sample has an OpenID there without saying whose; it is
// no fan's.
const massSender = "oSIMplatformMassSendJob00000"

// massPush ends a mass send and is its event. What copies were found and where the articles are is told of articles alone.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
func massPush(a *account, j *job) push {
	m := a.finishMass(j.MsgID)
	if m == nil {
		m = &mass{Result: massFailed}
	}
	p := a.event(massSender, j.Event, j.Due.Unix(), func(d *document) {
		d.number("MsgID", j.MsgID)
		d.text("Status", m.Result)
		d.number("TotalCount", int64(m.Total))
		d.number("FilterCount", int64(m.Sent+m.Errors))
		d.number("SentCount", int64(m.Sent))
		d.number("ErrorCount", int64(m.Errors))
		if m.DataID != 0 {
			m.copies(d)
			a.addresses(d, m)
		}
	})
	p.silent = true
	return p
}

// copies writes what the originality check found: 1 no copy, 2 copies that may be sent, 3 copies that may not.
func (m *mass) copies(d *document) {
	state := 1
	for _, p := range m.Check {
		switch {
		case !p.Allowed:
			state = 3
		case state == 1:
			state = 2
		}
	}
	d.within("CopyrightCheckResult", func() {
		d.number("Count", int64(len(m.Check)))
		d.within("ResultList", func() {
			for _, p := range m.Check {
				can := int64(0)
				if p.Allowed {
					can = 1
				}
				d.each("item", func() {
					d.number("ArticleIdx", int64(p.Article))
					d.number("UserDeclareState", 0)
					d.number("AuditState", 11)
					d.text("OriginalArticleUrl", p.URL)
					d.number("OriginalArticleType", 1)
					d.number("CanReprint", can)
					d.number("NeedReplaceContent", can)
					d.number("NeedShowReprintSource", can)
				})
			}
		})
		d.number("CheckState", int64(state))
	})
}

// addresses writes where the articles of a mass send are.
func (a *account) addresses(d *document, m *mass) {
	a.mu.Lock()
	p, ok := a.articles.get(m.ArticleID)
	a.mu.Unlock()
	if !ok {
		p = &published{}
	}
	d.within("ArticleUrlResult", func() {
		d.number("Count", int64(len(p.Articles)))
		d.within("ResultList", func() {
			for i, v := range p.Articles {
				d.each("item", func() {
					d.number("ArticleIdx", int64(i+1))
					d.text("ArticleUrl", v.URL)
				})
			}
		})
	})
}
