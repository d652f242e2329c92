#!/usr/bin/env bash
# Installs what `make test` needs besides Go: a C compiler for the race detector, Chromium and Chinese fonts for the browser
# tests, Node for the npm libraries (tools/npm.sh installs those). Prints nothing when all of it is there. Exit 0: it is there now; 1: it is not, and one line says what to do.
set -euo pipefail

missing() {
	if ! command -v "${CC:-gcc}" >/dev/null || ! echo '#include <stdlib.h>' | "${CC:-gcc}" -E - >/dev/null 2>&1; then
		echo gcc libc6-dev
	fi
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
	compgen -G '/usr/share/fonts/*/*/*CJK*' >/dev/null || { command -v fc-list >/dev/null && [[ -n "$(fc-list :lang=zh)" ]]; } || echo fonts-noto-cjk
	command -v node >/dev/null || echo nodejs
	command -v npm >/dev/null || echo npm
}

packages=$(missing | tr '\n' ' ')
packages=${packages% }
[[ -n "$packages" ]] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "make deps: missing: $packages (Debian's names); install them with this system's package manager"
	exit 1
fi
if [[ $(id -u) -ne 0 ]]; then
	echo "make deps: missing: $packages; run: sudo apt-get update && sudo apt-get install -y $packages"
	exit 1
fi
echo "make deps: installing $packages"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1; then
	tail -n 20 "$log"
	echo "make deps: apt-get could not install $packages"
	exit 1
fi
