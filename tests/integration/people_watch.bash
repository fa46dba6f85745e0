# SPDX-License-Identifier: Apache-2.0
# A person who comes in again and again while something happens to the host, and what /etc was before it.
# shellcheck shell=bash

# One login. An sshd that was told to read its settings again closes its socket and executes itself, whoever told it: who comes in
# that instant is refused, and comes in with the next try.
alice_comes_in() {
	local tries
	for ((tries = 0; tries < 3; tries++)); do
		dev ssh -i /home/dev/.ssh/id_alice -o BatchMode=yes "alice@$HOST" true 2>/run/watch.err && return
		grep -q 'Connection refused' /run/watch.err || return
		sleep 0.5
	done
	return 1
}

# A person's ssh and sudo, again and again, while something happens.
watch_people() {
	rm -f /run/watch.end /run/watch.bad /run/watch.n
	(
		n=0
		while [ ! -e /run/watch.end ]; do
			as alice sudo -k -S true <<<'alice-password' 2>/run/watch.err || { echo sudo; cat /run/watch.err; } >>/run/watch.bad
			alice_comes_in || { echo ssh; cat /run/watch.err; } >>/run/watch.bad
			id -un alice >/dev/null || echo id >>/run/watch.bad
			n=$((n + 1))
		done
		echo $n >/run/watch.n
	) 3>&- &
	watcher=$!
}
people_were_never_kept_out() { # TIMES
	touch /run/watch.end
	wait "$watcher"
	[ ! -s /run/watch.bad ] || { cat /run/watch.bad >&2; return 1; }
	echo "# a person came in by ssh and sudo $(cat /run/watch.n) times meanwhile"
	[ "$(cat /run/watch.n)" -ge "$1" ]
}
state_of() { # DIRECTORY: all that can differ, but /etc/.pwd.lock and what dpkg itself keeps
	(cd "$1" && find . ! -name '.pwd.lock' ! -name '*-' -printf '%p %y %m %u %g %l\n' | sort)
}
same_etc() { # BEFORE [NOW]: byte by byte
	diff <(state_of "$1") <(state_of "${2:-/etc}") && diff -r --no-dereference "$1" "${2:-/etc}"
}
