#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a thousand open sessions cost a login, a sudo, session list and session reap, beside ten. Usage: sessions.sh BUILDDIR
# It runs in the tests' box (see tests/box/image), as root. Each session is a login by SSH that stays: four processes, some
# 5 GB of memory and three minutes for all of them. Exit status 1: a budget does not hold.
# Within a box, "sessions.sh serve BUILDDIR" takes orders from its standard input instead (fill N, login, sudo, list, reap,
# process), so that bench/compare can have them of two boxes in turn.
set -eu

if [ ! -e /run/agentauth-box ]; then
	if [ $# -ne 1 ] || [ ! -e "$1/box.tar" ]; then
		echo "usage: sessions.sh BUILDDIR, with its box made by tests/box/image" >&2
		exit 2
	fi
	top=$(cd "$(dirname "$0")/.." && pwd)
	build=$(cd "$1" && pwd)
	exec "$top/tests/box/box" --layer "$build/box.tar" --bind "$top" --bind "$build" -- "$top/tests/box/up" "$top/bench/sessions.sh" inside
fi

agentauthctl init >/dev/null
agentauthctl role add work --service sshd --service sudo --sudo '(root) /usr/bin/true' >/dev/null
install -d -m 0700 -o dev -g dev /home/dev/keys
key=/home/dev/keys/worker.pem
setpriv --reuid dev --regid dev --init-groups --reset-env agentauth keygen --alg ES256 --out $key >/home/dev/keys/worker.pub 2>/dev/null
agentauthctl register worker --role work --key /home/dev/keys/worker.pub >/dev/null

login() {
	setpriv --reuid dev --regid dev --init-groups --reset-env ssh -o BatchMode=yes -i $key worker@web01.example.com "$@" </dev/null
}
login true

# The quickest of several runs, in microseconds.
quickest() { # N COMMAND...
	local n=$1 i start took best=
	shift
	for ((i = 0; i < n; i++)); do
		start=$(date +%s%N)
		"$@" >/dev/null
		took=$((($(date +%s%N) - start) / 1000))
		if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
	done
	echo "$best"
}
# shellcheck disable=SC2016 # the shell of the login expands it
sudo_alone() { # the quickest sudo within one login
	login 'for i in 1 2 3 4 5 6 7 8 9; do s=$(date +%s%N); sudo -n true; echo $((($(date +%s%N) - s) / 1000)); done' | sort -n | head -n 1
}

# Logins that stay, up to N, a few at a time as sshd lets them.
fill() { # N
	local i
	for ((i = 1; i <= $1; i++)); do
		login 'exec sleep 1000' &
		[ $((i % 8)) -ne 0 ] || until [ "$(open)" -ge "$i" ]; do sleep 0.02; done
	done
	until [ "$(open)" -ge "$1" ]; do sleep 0.05; done
}
open() {
	find /run/agentauth/sessions/by-pid -type l | wc -l
}

measure() { # N, into l, s, t, r
	fill "$1"
	l=$(quickest 7 login true) s=$(sudo_alone) t=$(quickest 7 agentauthctl session list) r=$(quickest 7 agentauthctl session reap)
	live=$(agentauthctl --json session list | jq '.sessions | length')
	[ "$live" -ge "$1" ] || { echo "only $live of $1 sessions are open" >&2; exit 1; }
	agentauthctl session kill --agent worker >/dev/null
	wait
}

# Each answer is a line: a time in microseconds, or what bench_nss says of a process that asks for nothing of ours.
serve() { # BUILDDIR
	local order n
	while read -r order n; do
		case $order in
		fill) fill "$n" && echo 0 ;;
		login) quickest 1 login true ;;
		sudo) sudo_alone ;;
		list) quickest 1 agentauthctl session list ;;
		reap) quickest 1 agentauthctl session reap ;;
		process) "$1/bench/bench_nss" process | xargs echo ;;
		esac </dev/null
	done
}
if [ "$1" = serve ]; then
	serve "$2"
	exit
fi

measure 10
l10=$l s10=$s t10=$t r10=$r
measure 1000

status=0
line() { # WHAT WITH-10 WITH-1000 LIMIT-US
	local verdict=ok
	[ "$3" -le "$4" ] || { verdict='OVER' status=1; }
	printf '%-14s %8d us with 10, %8d us with 1000, ratio %d.%02d, limit %d us: %s\n' "$1" "$2" "$3" \
		$(($3 / $2)) $(($3 * 100 / $2 % 100)) "$4" "$verdict"
}
line login "$l10" "$l" $((l10 * 5 / 4))
line sudo "$s10" "$s" $((s10 * 5 / 4))
line 'session list' "$t10" "$t" $((t10 + 1000 * 200)) # it prints a line for each, and looks at each one's processes
line 'session reap' "$r10" "$r" 100000
exit $status
