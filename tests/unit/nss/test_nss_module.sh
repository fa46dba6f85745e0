#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The module as it is built: what it needs, what it exports, and that glibc can load it.
set -eu
# make check runs it in the build's tests directory and sets srcdir.
module=$PWD/../nss/libnss_agentauth.so.2
map=${srcdir:?is set by make check}/../nss/libnss_agentauth.map
failed=0

same() { # WHAT EXPECTED FOUND
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		failed=1
		printf 'FAILED: %s\nexpected:\n%s\nfound:\n%s\n' "$1" "$2" "$3"
	fi
}

dynamic() { # TAG: its values
	LC_ALL=C readelf -d "$module" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p" | sort
}

same "libc is all that it needs" libc.so.6 "$(dynamic NEEDED | grep -v '^ld-linux')"
same "it has the name that glibc looks for" libnss_agentauth.so.2 "$(dynamic SONAME)"
same "it exports what its map names and nothing else" \
	"$(sed -n 's/^[[:space:]]*\(_nss_agentauth_[a-z_]*\);$/\1/p' "$map" | sort)" \
	"$(LC_ALL=C nm -D --defined-only "$module" | awk '{ print $3 }' | sort)"
same "it has no text relocations and no executable stack" "" \
	"$(LC_ALL=C readelf -dW "$module" | grep TEXTREL || true; LC_ALL=C readelf -lW "$module" | grep 'GNU_STACK.*E ' || true)"

# root is in the local files of every host, and never ours; without a registry nobody is.
export LD_LIBRARY_PATH="${module%/*}"
same "glibc loads it and it knows nothing of root" "2" \
	"$(getent -s passwd:agentauth passwd root || echo $?)"
exit $failed
