package simulator

// right is what an account must be allowed for a call. Without it the call is 48001.
type right int

// The rights, each with the accounts that have it. "service" and "公众号" (subscription) are the types; a test account has all.
// Source: developers.weixin.qq.com/doc/offiaccount/Getting_Started/Explanation_of_interface_privileges.html, the last edition on
// one page. Newer pages name the accounts call by call and give media, material and drafts to all, conditional menus to verified
// ones (see docs/wechat.md).
const (
	rightBase     right = iota // tokens, server addresses, quota, callback check, JS-SDK ticket: everybody
	rightMenu                  // menus: all but an unverified 公众号
	rightCustomer              // customer-service messages and typing: verified
	rightMass                  // mass sends by tag and to all, preview, status, delete, speed: verified
	rightMassList              // mass sends by OpenID list: verified service
	rightUsers                 // user information, remarks, tags, blacklist, follower list: verified
	rightTemplate              // template messages and subscription notices: verified service
	rightOnetime               // one-time subscription: verified
	rightOAuth                 // web pages' OAuth2: verified service
	rightQR                    // QR codes with a parameter: verified service
	rightShorten               // short links: verified service
	rightLocation              // positions that fans' clients report: verified service
	rightMedia                 // temporary media: verified
	rightMaterial              // permanent media: verified
	rightDraft                 // drafts: verified. The table is older than drafts; they took the place of its news material
	rightPublish               // publishing: verified, since July 2025 (SVC guide/product/publish)
	rightStat                  // data cube: verified
	rightKf                    // accounts, sessions and records of customer service: verified
	rightJSSDK                 // JS-SDK ticket: everybody has its basic part

	rights int = iota
)

// column is which kinds of account have a right.
type column struct {
	verified, verifiedService, unverifiedService, unverified bool
}

var (
	everybody       = column{verified: true, verifiedService: true, unverifiedService: true, unverified: true}
	allButSmall     = column{verified: true, verifiedService: true, unverifiedService: true}
	verifiedBoth    = column{verified: true, verifiedService: true}
	onlyBestService = column{verifiedService: true}
)

// privileges is the table: what a 公众号 and a service account may do, verified and not.
var privileges = [rights]column{
	rightBase:     everybody,
	rightMenu:     allButSmall,
	rightCustomer: verifiedBoth,
	rightMass:     verifiedBoth,
	rightMassList: onlyBestService,
	rightUsers:    verifiedBoth,
	rightTemplate: onlyBestService,
	rightOnetime:  verifiedBoth,
	rightOAuth:    onlyBestService,
	rightQR:       onlyBestService,
	rightShorten:  onlyBestService,
	rightLocation: onlyBestService,
	rightMedia:    verifiedBoth,
	rightMaterial: verifiedBoth,
	rightDraft:    verifiedBoth,
	rightPublish:  verifiedBoth,
	rightStat:     verifiedBoth,
	rightKf:       verifiedBoth,
	rightJSSDK:    everybody,
}

// may reports whether the account has the right. Test accounts have the rights of a verified service account, as the page of
// the test account says; that their column of the frequency table has no figure for some calls is not read as a refusal.
func (a *account) may(r right) bool {
	p := privileges[r]
	switch {
	case a.Test || a.Verified && a.Type == typeService:
		return p.verifiedService
	case a.Verified:
		return p.verified
	case a.Type == typeService:
		return p.unverifiedService
	default:
		return p.unverified
	}
}
