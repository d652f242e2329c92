package wechat

// ParseError says that a document is no push.
type ParseError struct{ Msg string }

func (e *ParseError) Error() string { return "push document: " + e.Msg }

// Parse reads one push.
func Parse(doc []byte) (*Push, error) { panic("unwritten") }

// ParseEnvelope reads the outer document of an encrypted push.
func ParseEnvelope(doc []byte) (toUser, encrypt string, err error) { panic("unwritten") }
