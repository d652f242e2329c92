package simulator

import (
	"fmt"
	"time"
)

// said reports whether the action is a message of the fan's.
func (do action) said() bool {
	return do.Text != nil || do.Image != nil || do.Voice != nil || do.Video != nil || do.ShortVideo != nil || do.Link != nil ||
		do.Location != nil || do.Message != nil
}

// say makes the push of a message and opens the window that a message opens. What is said to an agent is recorded.
func (s *Server) say(a *account, f *fan, kind string, now time.Time, fill func(d *document, id int64)) push {
	s.open(a, f, openedByMessage, now)
	a.noteMessage(f.openID, kind, now)
	id := s.ids.next()
	return a.message(f.openID, kind, now.Unix(), id, func(d *document) {
		fill(d, id)
		s.recordFan(a, f, recordText(kind, d.textOf("Content")), now)
	})
}

// beginMessage is for what fans send.
func (s *Server) beginMessage(a *account, f *fan, do action, now time.Time) (deed, error) {
	var p push
	switch {
	case do.Text != nil:
		p = s.say(a, f, "text", now, func(d *document, _ int64) {
			d.text("Content", do.Text.Content)
			if do.Text.MenuID != "" {
				d.raw("bizmsgmenuid", do.Text.MenuID)
			}
		})
	case do.Image != nil:
		p = s.sayImage(a, f, *do.Image, now)
	case do.Voice != nil:
		p = s.sayVoice(a, f, *do.Voice, now)
	case do.Video != nil:
		p = s.sayVideo(a, f, "video", *do.Video, now)
	case do.ShortVideo != nil:
		p = s.sayVideo(a, f, "shortvideo", *do.ShortVideo, now)
	case do.Link != nil:
		p = s.say(a, f, "link", now, func(d *document, _ int64) {
			d.text("Title", do.Link.Title)
			d.text("Description", do.Link.Description)
			d.text("Url", do.Link.URL)
		})
	case do.Location != nil:
		p = s.sayPlace(a, f, *do.Location, now)
	default:
		return s.sayAny(a, f, do, now)
	}
	return pushed(p), nil
}

func (s *Server) sayImage(a *account, f *fan, m mediaAction, now time.Time) push {
	return s.say(a, f, "image", now, func(d *document, id int64) {
		medium := a.fanMedia(m.MediaID, mediaImage, id, now)
		d.text("PicUrl", orElse(m.PicURL, s.pictureURL(medium)))
		d.text("MediaId", medium)
	})
}

// sayVoice is a voice message. MediaId16K and Recognition are there for some accounts only.
func (s *Server) sayVoice(a *account, f *fan, m mediaAction, now time.Time) push {
	return s.say(a, f, "voice", now, func(d *document, id int64) {
		d.text("MediaId", a.fanMedia(m.MediaID, mediaVoice, id, now))
		d.text("Format", orElse(m.Format, "amr"))
		if m.MediaID16K != "" {
			d.text("MediaId16K", a.fanMedia(m.MediaID16K, mediaVoice, id, now))
		}
		if m.Recognition != "" {
			d.text("Recognition", m.Recognition)
		}
	})
}

func (s *Server) sayVideo(a *account, f *fan, kind string, m mediaAction, now time.Time) push {
	return s.say(a, f, kind, now, func(d *document, id int64) {
		medium := a.fanMedia(m.MediaID, mediaVideo, id, now)
		d.text("MediaId", medium)
		d.text("ThumbMediaId", a.fanMedia("thumb-"+medium, mediaThumb, id, now))
	})
}

func (s *Server) sayPlace(a *account, f *fan, at placeAction, now time.Time) push {
	return s.say(a, f, "location", now, func(d *document, _ int64) {
		d.degrees("Location_X", at.Latitude)
		d.degrees("Location_Y", at.Longitude)
		d.number("Scale", int64(max(at.Scale, 1)))
		d.text("Label", at.Label)
	})
}

// sayAny is a message member by member.
func (s *Server) sayAny(a *account, f *fan, do action, now time.Time) (deed, error) {
	kind, err := memberText(do.Message, "MsgType")
	if err != nil {
		return deed{}, err
	}
	fill := func(d *document) { err = d.members(do.Message, "MsgType", "MsgId") }
	if fill(&document{}); err != nil { // before the fan's window opens
		return deed{}, fmt.Errorf("message: %w", err)
	}
	return pushed(s.say(a, f, kind, now, func(d *document, _ int64) { fill(d) })), nil
}
