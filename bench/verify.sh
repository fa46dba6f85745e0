#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What it costs to decide on a credential, each beside what it is held against: EVP_DigestVerify alone with a key that is as new
# as ours (OpenSSL prepares its modulus then); a new process that loads the same libraries and a key and verifies; and pam_unix
# with yescrypt, for which it goes into the box and so needs root and the box's image (tests/box/image). Usage: verify.sh BUILDDIR.
# Exit status 1: a budget does not hold, or a peer does not answer.
set -eu
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: verify.sh BUILDDIR" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/row.bash
. "$here/row.bash"
build=$(cd "$1" && pwd)
module=$build/pam/pam_agentauth.so
for f in "$build/bench/bench_verify" "$build/bench/bench_pam" "$build/bench/bench_openssl" "$module"; do
	[ -e "$f" ] || { echo "verify.sh: $f is missing: make it first" >&2; exit 2; }
done
results=$(mktemp)
trap 'rm -f "$results"' EXIT
trap 'exit 1' INT TERM HUP
row_begin

"$build/bench/bench_verify" algorithms >"$results"
"$build/bench/bench_verify" memory >>"$results"
# Its descriptors are the box's: what it prints comes here.
row_in_box "$build" "$build/bench/bench_verify" process "$build/bench" "$module" bob-password >>"$results" ||
	echo 'verify.sh: not root, or no box: a new process and pam_unix are left out' >&2

of() { # WHAT KIND COLUMN
	awk -v what="$1" -v kind="$2" -v column="$3" '$1 == what && $2 == kind { print $column }' "$results"
}
beside() { # NAME WHAT PEER KIND-OF-PEER LIMIT
	row area=credentials name="$1" unit=ns ours="$(of "$2" ours 3)" p99="$(of "$2" ours 4)" peer="$3" theirs="$(of "$2" "$4" 3)" \
		theirs_p99="$(of "$2" "$4" 4)" by=ratio limit="$5"
}
while read -r alg; do
	beside "$alg signature" "$alg" EVP_DigestVerify first 1.25
done < <(awk '$2 == "first" { print $1 }' "$results")
beside 'PAM in a new process' process 'OpenSSL, same libraries' openssl 1.15
beside 'PAM in a new process' process 'pam_unix, yescrypt' pam_unix 0.1
row area=credentials name='memory of one verification' unit=KiB ours="$(of memory ours 3 | awk '{ print $1 / 1024 }')" \
	peer='OpenSSL alone' theirs="$(of memory openssl 3 | awk '{ print $1 / 1024 }')" by=more limit=256
row_end
