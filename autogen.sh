#!/bin/sh
# Makes ./configure from configure.ac, after a clone.
set -e
cd "$(dirname "$0")"
command -v autoreconf >/dev/null || {
	echo "autoreconf is missing. On Debian: apt-get install autoconf automake" >&2
	exit 2
}
exec autoreconf --install "$@"
