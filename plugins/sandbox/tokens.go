package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/gopher-lua/parse"
)

// What a source may hold. The parser and the compiler recurse, and a Go stack overflow cannot be recovered: it would end the
// process. So these are counted on the tokens, before anything recurses.
const (
	MaxSource    = 64 << 10 // bytes
	maxNesting   = 200      // blocks, brackets and functions inside each other
	maxConcats   = 200      // .. in one expression; 20,000 overflow the compiler's stack
	maxOperators = 2000     // operators in one expression
)

// expression counts what one expression holds so far.
type expression struct{ concats, operators int }

// checkTokens refuses a source that is too large or too deep to be parsed.
func checkTokens(file, source string) error {
	if len(source) > MaxSource {
		return &Error{File: file, Kind: KindSyntax, Msg: fmt.Sprintf(
			"the script is %d KB, more than the %d KB that are allowed; move a part of it into a plugin", len(source)>>10, MaxSource>>10)}
	}
	scanner := parse.NewScanner(strings.NewReader(source), file)
	lexer := &parse.Lexer{}
	open := []expression{{}} // one for each bracket or block that is open
	for {
		tok, err := scanner.Scan(lexer)
		if err != nil {
			return syntaxError(file, source, err)
		}
		lexer.PrevTokenType = tok.Type
		top := &open[len(open)-1]
		switch tok.Type {
		case parse.EOF:
			return nil
		case '(', '{', '[', parse.TDo, parse.TFunction, parse.TIf, parse.TRepeat:
			if open = append(open, expression{}); len(open) > maxNesting {
				return &Error{
					File: file, Line: tok.Pos.Line, Kind: KindSyntax,
					Msg: fmt.Sprintf("blocks and brackets stand more than %d deep inside each other", maxNesting),
				}
			}
		case ')', '}', ']', parse.TEnd, parse.TUntil:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case ',', ';', '=', parse.TLocal, parse.TReturn, parse.TThen, parse.TElse, parse.TElseIf, parse.TFor, parse.TWhile, parse.TIn:
			*top = expression{}
		case parse.T2Comma:
			top.concats++
			top.operators++
		case '+', '-', '*', '/', '%', '^', '#', '<', '>', parse.TEqeq, parse.TNeq, parse.TLte, parse.TGte, parse.TAnd, parse.TOr, parse.TNot:
			top.operators++
		}
		if top = &open[len(open)-1]; top.concats > maxConcats || top.operators > maxOperators {
			return &Error{
				File: file, Line: tok.Pos.Line, Kind: KindSyntax,
				Msg: fmt.Sprintf("one expression has more than %d operators or %d times ..; use table.concat or several statements", maxOperators, maxConcats),
			}
		}
	}
}

// syntaxError says what the scanner, the parser or the compiler did not like.
func syntaxError(file, source string, err error) *Error {
	e := &Error{File: file, Kind: KindSyntax, Msg: err.Error()}
	var pe *parse.Error
	if errors.As(err, &pe) {
		e.Line, e.Msg = pe.Pos.Line, parseMessage(pe, source)
		if pe.Pos.Column == 0 && strings.HasPrefix(pe.Message, "unterminated string") {
			e.Line-- // the scanner has gone on to the next line
		}
	}
	if e.Line < 1 || e.Line > strings.Count(source, "\n")+1 { // the parser says -1 for the end of the file
		e.Line = strings.Count(strings.TrimRight(source, "\r\n\t "), "\n") + 1
	}
	return e
}

// parseMessage makes a sentence of the parser's few words.
func parseMessage(e *parse.Error, source string) string {
	switch {
	case strings.HasPrefix(source, "\ufeff"):
		return "the file begins with a byte order mark: save it as UTF-8 without BOM"
	case e.Message == "Invalid token":
		return fmt.Sprintf("`%s` cannot stand here: outside of quotes and comments Lua takes plain ASCII letters and signs", characterAt(source, e))
	case strings.HasPrefix(e.Message, "syntax error") && e.Pos.Line == parse.EOF:
		return "the script ends in the middle of a statement: an `end`, a bracket or a value is missing"
	case strings.HasPrefix(e.Message, "syntax error"):
		return fmt.Sprintf("this is no Lua near `%s`", clip(e.Token, 40))
	case e.Message == "parse error":
		return fmt.Sprintf("a statement is missing near `%s`: a value alone does nothing", clip(e.Token, 40))
	case e.Token == "" || e.Pos.Line == parse.EOF:
		return e.Message
	}
	return fmt.Sprintf("%s near `%s`", e.Message, clip(e.Token, 40))
}

// characterAt is the whole character that the scanner stumbled over; it knows bytes only, and authors type ， and “.
func characterAt(source string, e *parse.Error) string {
	line := source
	for range e.Pos.Line - 1 {
		_, line, _ = strings.Cut(line, "\n")
	}
	if at := e.Pos.Column - 1; at >= 0 && at < len(line) {
		if r, _ := utf8.DecodeRuneInString(line[at:]); r != utf8.RuneError && unicode.IsPrint(r) {
			return string(r)
		}
		return fmt.Sprintf("\\%d", line[at])
	}
	return e.Token
}

// clip shortens a text for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
