package simulator

import (
	"net/http"
	"time"
)

// contents are an account's media, articles and figures.
type contents struct {
	media       *table[*media]      // by media id; pictures within articles by the id in their address
	drafts      *table[*draft]      // by media id
	publishings *table[*publishing] // by publish id
	articles    *table[*published]  // by article id
	days        *table[*dayFigures] // by date
	writers     *table[sentCounts]  // by date/OpenID: the messages that a fan sent on a day
	readers     *table[readFigures]
	callbacks   *table[callbackFigures] // by date/hour

	shelf      *shelf           // bodies of media; not protected by the account's lock
	now        func() time.Time // the simulator's time
	mediaSwept time.Time        // when expired media were last looked for

	writersSwept string // the day on which writers were last looked through
	outcomes     []int  // how the next publishings end; not kept
}

func newContents(a *account) contents {
	return contents{
		media:       newTable[*media](a, "media"),
		drafts:      newTable[*draft](a, "draft"),
		publishings: newTable[*publishing](a, "publishing"),
		articles:    newTable[*published](a, "article"),
		days:        newTable[*dayFigures](a, "day"),
		writers:     newTable[sentCounts](a, "day-fan"),
		readers:     newTable[readFigures](a, "day-article"),
		callbacks:   newTable[callbackFigures](a, "hour"),
		shelf:       a.shelf, now: a.now,
	}
}

// contentRoutes are the control calls for what the platform decides about an account's articles.
func (s *Server) contentRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/{app}/publishing", s.forAccount(s.publishingSet))
}

// sweepShelf removes bodies without a record.
func (s *Server) sweepShelf() error {
	return s.shelf.sweep(func(id string) bool {
		for _, a := range s.accounts {
			if m, ok := a.media.get(id); ok && !m.ByFan {
				return true
			}
		}
		return false
	})
}

// servePage answers the addresses that browsers open without a token: pictures, videos and articles. False for other paths.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) bool {
	return s.servePicture(w, r) || s.serveArticle(w, r)
}
