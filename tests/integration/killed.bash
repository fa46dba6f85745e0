# SPDX-License-Identifier: Apache-2.0
# What the stories about killed commands share: a host, what it looks like as a whole, and a command that is killed before
# each system call that changes something.
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2153,SC2154  # bats sets status anew

BASE=/run/base
TREES=(/etc/agentauth /var/lib/agentauth /etc/sudoers.d)
# What a system call does not change before it is done is seen by killing the next one, so that fsync() is not needed.
CALLS=(write pwrite64 linkat unlinkat renameat symlinkat mkdirat ftruncate fchmodat)

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
	new_agent other ES256 --role logs
	new_agent twin ES256 --role logs
	agentauthctl role add spare >/dev/null
	dev agentauth keygen --alg ES256 --out "$KEYS/second.pem" >"$KEYS/second.pub" 2>/dev/null
	mkdir $BASE
	cp -a --parents "${TREES[@]}" $BASE
}

back_to_base() {
	rm -rf "${TREES[@]}"
	cp -a $BASE/. /
}

# What text, registry, ids, sudo and decisions say, but for times and numbers of generations.
all_of_it() {
	local kept
	(cd /etc/agentauth && grep -r . --include='*.conf' | sort)
	# What is kept of a retired agent stands beside its file once it is back, where restore was killed at its very end.
	for kept in /etc/agentauth/agents.d/*.retired; do
		[ ! -e "$kept" ] || [ -e "${kept%.retired}" ] || cat "$kept"
	done
	agentauthctl list --all --wide --sort name
	agentauthctl role list
	cut -d' ' -f1-4 /var/lib/agentauth/ids
	cat /etc/sudoers.d/agentauth
	(cd /var/lib/agentauth/state && find . -type f ! -name '.*' ! -path './last-*' | sort)
}
# Two runs of one command may come to another second.
whole() {
	all_of_it | sed -E 's/20[0-9]{2}-[0-9-]+T[0-9:]+Z/TIME/g'
}

# What lies about where nothing is killed any more; what stands below state/ reap removes, and in rotated/ the agent's next
# rotation writes over it.
litter() {
	find "${TREES[@]}" \( -name '.*' -o -name '*.tmp' -o -name '*.new' -o -name journal \) ! -path '*/state/*' ! -path '*/rotated/*' ! -name .
}

# The command is killed before its Nth call of this name. Status 0: it has fewer of them.
killed_at() { # CALL N COMMAND...
	local call=$1 n=$2
	shift 2
	{ strace -f -o /dev/null -e trace="$call" -e inject="$call":signal=KILL:when="$n" "$@" >/dev/null; } 2>/dev/null
}

# As whole, the command that follows included, which must do its work in any case.
whole_after_next() {
	run "${NEXT[@]}"
	[ "$status" -eq 0 ] || { printf 'the next command failed:\n%s\n' "$output" >&2; return 1; }
	run agentauthctl diff
	expect_output '^The text is what is published\.$' || return
	cmp -s /var/lib/agentauth/current/sudoers /etc/sudoers.d/agentauth || { echo "sudo's rules are others" >&2; return 1; }
	[ -z "$(litter)" ] || { printf 'left:\n%s\n' "$(litter)" >&2; return 1; }
	whole >"$1"
}

# Kills the command everywhere; PREPARE, where it is set, comes before it.
everywhere() { # COMMAND...
	local call n kills=0 done=0
	back_to_base
	${PREPARE:-:}
	whole_after_next "$BATS_TEST_TMPDIR/not-begun"
	back_to_base
	${PREPARE:-:}
	"$@" >/dev/null
	whole_after_next "$BATS_TEST_TMPDIR/done"
	for call in "${CALLS[@]}"; do
		# The first two of them, and then every sixth, or with KILLS=all in the environment each. test_ctl_faults has its own kills.
		for ((n = 1; n < 100; n += n == 1 || ${#KILLS} ? 1 : 6)); do
			back_to_base
			${PREPARE:-:}
			! killed_at "$call" "$n" "$@" || break
			kills=$((kills + 1))
			whole_after_next "$BATS_TEST_TMPDIR/now" || { echo "killed at $call $n: $*" >&2; return 1; }
			if cmp -s "$BATS_TEST_TMPDIR/now" "$BATS_TEST_TMPDIR/done"; then
				done=$((done + 1))
			elif [ "${HALF:-}" ]; then
				# One agent after the other is decided about; the same command does the rest.
				"$@" >/dev/null
				whole >"$BATS_TEST_TMPDIR/now"
				diff -u "$BATS_TEST_TMPDIR/done" "$BATS_TEST_TMPDIR/now" >&2
			else
				diff -u "$BATS_TEST_TMPDIR/not-begun" "$BATS_TEST_TMPDIR/now" >&2 || { echo "killed at $call $n: $*" >&2; return 1; }
			fi
		done
	done
	echo "# $*: $kills kills, done after $done of them" >&3
	[ "$kills" -ge 3 ]
}

setup() {
	NEXT=(agentauthctl set other --owner next)
	PREPARE=
	HALF=
}
