# SPDX-License-Identifier: Apache-2.0
# What a program prints, held to the letter against a golden file: golden/STORY/TURN.txt has the command as it was typed,
# all that it printed, and its exit status. What differs from run to run is masked by masked(), and by nothing else.
# This writes the files of a story anew, for git diff to be read:
#   GOLDEN=renew tests/integration/run BUILDDIR tests/integration/STORY.bats
# shellcheck shell=bash disable=SC2154

# Key ids, public keys, fingerprints, times, counted seconds, process and user numbers, and the versions of ssh with what
# they say differently: usage, quotes, and how a connection ended; and what a story's MASK has, in sed's words.
masked() {
	sed -E -e 's/\r$//' \
		-e 's/((ssh|ecdsa-sha2)-[a-z0-9-]+) AAAA[A-Za-z0-9+/=]+/\1 AAAA.../g' \
		-e 's/SHA256:[A-Za-z0-9+/]{43}/SHA256:.../g' \
		-e '/^[A-Za-z0-9+/=]{20,}$/s/.*/.../' \
		-e 's/(^|[^A-Za-z0-9_-])[A-Za-z0-9_-]{43}($|[^A-Za-z0-9_-])/\1KEY-ID\2/g' \
		-e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9:]{8}( UTC|Z))?/TIME/g' \
		-e 's/\b[0-9]+ s\b/N s/g' -e 's/([Gg]eneration) [0-9]+/\1 N/g' -e 's/\b(uid|pid) [0-9]+/\1 N/g' \
		-e 's/chown [0-9]+/chown N/g' -e 's/OpenSSH_[^"]*/OpenSSH_VERSION/g' \
		-e '/^usage: ssh /,/^[^ ]/{s/^usage: ssh .*/usage: ssh .../;/^ /d}' -e '/^kex_exchange_identification: /d' \
		-e "/^  ssh-keygen -f /s/'/\"/g" -e "${MASK:-}"
}

typed() { # [dev] COMMAND...
	local prompt='root@web01:~#'
	if [ "$1" = dev ]; then
		prompt='agent@laptop:~$'
		shift
	fi
	printf '%s' "$prompt"
	printf ' %q' "$@"
	echo
}

# Runs the command and compares what it prints; status and output are left as bats' run leaves them.
turn() { # TURN [dev] COMMAND...
	local name=$1 file story
	story=$(basename "$BATS_TEST_FILENAME" .bats)
	file=$BATS_TEST_DIRNAME/golden/$story/$name.txt
	shift
	run "$@"
	{ typed "$@"; [ -z "$output" ] || printf '%s\n' "$output"; echo "[exit status $status]"; } | masked >"$BATS_TEST_TMPDIR/$name.txt"
	if [ "${GOLDEN:-}" = renew ]; then
		mkdir -p "${file%/*}" && cat "$BATS_TEST_TMPDIR/$name.txt" >"$file"
	else
		diff -u "$file" "$BATS_TEST_TMPDIR/$name.txt" >&2
	fi
}

# Does what the last output says, as it stands there: the first thing in it that matches.
cured_by() { # dev|root REGEX [SED, which puts in what the sentence leaves to the reader]
	local command
	command=$(tr -d '\r' <<<"$output" | grep -oE -m 1 -e "$2" | sed -E "${3:-}")
	[ "$command" ] || { printf 'nothing matches %s in:\n%s\n' "$2" "$output" >&2; return 1; }
	if [ "$1" = dev ]; then
		(cd /home/dev && dev sh -e -c "$command")
	else
		(cd /root && sh -e -c "$command" </dev/null)
	fi
}
