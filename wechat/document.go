package wechat

import "strconv"

// document is a push as a tree, XML and JSON alike. Its nodes stand in the order of the document, each behind the one around it.
type document struct{ nodes []node }

// node is one element, or one member of an object. Each element of a JSON list is a node under the list's own name, as XML
// repeats elements.
type node struct {
	name, value string
	parent      int32 // index of the node around it; root for those directly in the document
	branch      bool  // it has children and so no value
}

// root is the parent of the outermost nodes, which are the fields of the push.
const root int32 = -1

// room is enough for what the platform usually sends. An array of it lives on the stack of who reads a document.
type room [16]node

// add puts a node into the tree and gives its index.
func (d *document) add(parent int32, name string) int32 {
	if parent >= 0 {
		d.nodes[parent].branch, d.nodes[parent].value = true, ""
	}
	d.nodes = append(d.nodes, node{name: name, parent: parent})
	return int32(len(d.nodes) - 1)
}

// find gives the first child of that name; absent where there is none, which has no children either.
func (d *document) find(parent int32, name string) int32 {
	for i := max(parent, root) + 1; int(i) < len(d.nodes); i++ {
		switch n := &d.nodes[i]; {
		case n.parent == parent && n.name == name:
			return i
		case n.parent < parent: // behind its last child
			return absent
		}
	}
	return absent
}

// absent is the index of no node. No node has it as its parent.
const absent int32 = -2

// text is the value of the first child of that name, as sent.
func (d *document) text(parent int32, name string) string {
	if i := d.find(parent, name); i >= 0 {
		return d.nodes[i].value
	}
	return ""
}

// word is a text that holds no white space.
func (d *document) word(parent int32, name string) string {
	return trim(d.text(parent, name))
}

// either is the word under the first name, or where that is missing or empty under the second.
func (d *document) either(parent int32, name, other string) string {
	if w := d.word(parent, name); w != "" {
		return w
	}
	return d.word(parent, other)
}

// number is a whole number; 0 where it is missing or none.
func (d *document) number(parent int32, name string) int64 {
	return whole(d.text(parent, name))
}

func (d *document) degrees(parent int32, name string) (float64, bool) {
	return degrees(d.text(parent, name))
}

// within reports whether the node lies below the other one.
func (d *document) within(i, around int32) bool {
	for i >= 0 {
		if i = d.nodes[i].parent; i == around {
			return true
		}
	}
	return false
}

// rows gives the nodes below around that hold a field of that name: the items of a list. XML writes ResultList>item, JSON a list
// of objects with or without the word item between.
func (d *document) rows(around int32, holding string) []int32 {
	var out []int32
	for i := range d.nodes {
		if n := &d.nodes[i]; n.name == holding && n.parent >= 0 && d.within(n.parent, around) && (len(out) == 0 || out[len(out)-1] != n.parent) {
			out = append(out, n.parent)
		}
	}
	return out
}

// all gives the values of every node of that name below around.
func (d *document) all(around int32, name string) []string {
	var out []string
	for i := range d.nodes {
		if n := &d.nodes[i]; n.name == name && !n.branch && d.within(int32(i), around) {
			out = append(out, trim(n.value))
		}
	}
	return out
}

// path is the names from the outermost node to this one, joined by dots.
func (d *document) path(i int32) string {
	n := &d.nodes[i]
	if n.parent < 0 {
		return n.name
	}
	return d.path(n.parent) + "." + n.name
}

// fields gives the leaves by their path. Where a path occurs again, the later ones stand under path#2, path#3, …
func (d *document) fields(take func(path string) bool) map[string]string {
	out := make(map[string]string, len(d.nodes))
	seen := make(map[string]int)
	for i := range d.nodes {
		if d.nodes[i].branch {
			continue
		}
		path := d.path(int32(i))
		if !take(path) {
			continue
		}
		seen[path]++
		if n := seen[path]; n > 1 {
			path += "#" + strconv.Itoa(n)
		}
		if _, taken := out[path]; !taken { // an element may be called a#2
			out[path] = d.nodes[i].value
		}
	}
	return out
}
