package wechat

// What happens around the account.
type (
	// Session is a fan's talk with customer service that begins (kf_create_session), ends (kf_close_session) or goes to another
	// agent (kf_switch_session, with FromKfAccount and ToKfAccount). The platform's page on it is no longer there; the fields are
	// those that github.com/wechatpy/wechatpy and github.com/chanxuehong/wechat read.
	Session struct{ KfAccount, FromKfAccount, ToKfAccount string }
	// Authorization is a change of what a user allows the account to know: user_info_modified, user_authorization_revoke,
	// user_authorization_cancellation. The user is OpenID; FromUserName is an account of the platform's. RevokeInfo is what was
	// revoked: 201 address, 202 invoice, 203 card, 204 microphone, 205 name and picture, 206 location, 207 chosen media, 301
	// everything; other values occur. UnionID may be missing.
	// The fields are those of github.com/fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat, EventSamples.
	Authorization struct{ OpenID, UnionID, AppID, RevokeInfo string }
	// Qualification is a step of the account's verification: qualification_verify_success, naming_verify_success, annual_renew and
	// verify_expired with ExpiredTime, qualification_verify_fail and naming_verify_fail with FailTime and FailReason. Times are in
	// seconds since 1970; 0 where there is none.
	// Source: developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html
	Qualification struct {
		ExpiredTime, FailTime int64
		FailReason            string
	}
)

func (*Session) body()       {}
func (*Authorization) body() {}
func (*Qualification) body() {}

func session(d *document) Body {
	return &Session{
		KfAccount: d.word(root, "KfAccount"), FromKfAccount: d.word(root, "FromKfAccount"), ToKfAccount: d.word(root, "ToKfAccount"),
	}
}

// authorization takes the lower-case names of the open platform's page, too.
func authorization(d *document) Body {
	return &Authorization{
		OpenID: d.either(root, "OpenID", "openid"), UnionID: d.either(root, "UnionID", "unionid"),
		AppID: d.either(root, "AppID", "appid"), RevokeInfo: d.either(root, "RevokeInfo", "revokeinfo"),
	}
}

func qualification(d *document) Body {
	return &Qualification{
		ExpiredTime: d.number(root, "ExpiredTime"), FailTime: d.number(root, "FailTime"), FailReason: d.text(root, "FailReason"),
	}
}

func (s *Session) appendIdentity(id []byte) []byte {
	return appendWords(id, s.KfAccount, s.FromKfAccount, s.ToKfAccount)
}

func (a *Authorization) appendIdentity(id []byte) []byte {
	return appendWords(id, a.OpenID, a.RevokeInfo)
}
