#!/usr/bin/env bash
# Third-party WeChat libraries for Node against fanflow and its simulated platform (e2e/npm).
#   tools/npm.sh install   exactly what package-lock.json says, into e2e/npm/node_modules; exit 1 and one line where it cannot be had
#   tools/npm.sh test      the tests, with a fanflow built of this checkout; RACE=-race for one with the race detector
set -euo pipefail
cd "$(dirname "$0")/../e2e/npm"

install() {
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		echo "tools/npm.sh: node and npm are missing; see make deps"
		return 1
	fi
	if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || a === 18 && b >= 19 ? 0 : 1)'; then
		echo "tools/npm.sh: node $(node --version) is too old, 18.19 or later is needed"
		return 1
	fi
	if grep '"resolved"' package-lock.json | grep -v '"https://registry.npmjs.org/'; then
		echo "tools/npm.sh: package-lock.json names a registry that others cannot reach"
		return 1
	fi
	[[ ! node_modules/.package-lock.json -ot package-lock.json && -e node_modules/.package-lock.json ]] && return 0
	local log
	log=$(mktemp)
	if ! npm ci --loglevel=error >"$log" 2>&1; then
		tail -n 20 "$log"
		rm -f "$log"
		echo "tools/npm.sh: npm ci could not install the libraries"
		return 1
	fi
	rm -f "$log"
}

run() {
	local dir
	dir=$(mktemp -d)
	# shellcheck disable=SC2064 # the folder of now
	trap "rm -rf '$dir'" EXIT
	# shellcheck disable=SC2086 # no word or one
	(cd ../.. && go build ${RACE:-} -o "$dir/fanflow" ./cmd/fanflow)
	# NODE_NO_WARNINGS: the libraries use Buffer as it was made ten years ago.
	if ! FANFLOW_BINARY="$dir/fanflow" NODE_NO_WARNINGS=1 node --test test/*.test.js >"$dir/log" 2>&1; then
		cat "$dir/log"
		return 1
	fi
	echo "npm libraries: $(grep -c '^ *ok ' "$dir/log") tests and suites passed"
}

case "${1-}" in
install) install ;;
test) run ;;
*) echo "usage: tools/npm.sh install|test" && exit 2 ;;
esac
