#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a thousand open sessions cost a login, a sudo, session list and reap, beside ten, and what it takes to end them all, beside
# pkill. Usage: sessions.sh BUILDDIR
# It runs in the tests' box (see tests/box/image), as root. Each session is a login by SSH that stays: four processes, some
# 5 GB of memory and three minutes for all of them. BENCH_QUICK=yes: 30 in the place of the thousand. Exit status 1: a budget does
# not hold.
# Within a box, "sessions.sh serve BUILDDIR" takes orders from its standard input instead (fill N, login, sudo, list, reap,
# process), so that bench/compare can have them of two boxes in turn.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/row.bash
. "$here/row.bash"
few=10 many=1000 runs=15
[ "${BENCH_QUICK-}" != yes ] || { many=30; runs=3; }

if [ ! -e /run/agentauth-box ]; then
	if [ $# -ne 1 ] || [ ! -d "$1" ]; then
		echo "usage: sessions.sh BUILDDIR, with its box made by tests/box/image" >&2
		exit 2
	fi
	row_begin
	row_in_box "$(cd "$1" && pwd)" "$here/sessions.sh" inside || :
	row_end
	exit
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

# Microseconds of each of several runs.
times() { # N COMMAND...
	local n=$1 i began
	shift
	for ((i = 0; i < n; i++)); do
		began=${EPOCHREALTIME/[.,]/}
		"$@" >/dev/null
		echo $((${EPOCHREALTIME/[.,]/} - began))
	done
}
quickest() { # N COMMAND...
	times "$@" | sort -n | head -n 1
}
# shellcheck disable=SC2016 # the shell of the login expands it
sudo_times() { # N: within one login
	login 'for i in $(seq '"$1"'); do s=$(date +%s%N); sudo -n true; echo $((($(date +%s%N) - s) / 1000)); done'
}
sudo_alone() { # the quickest sudo within one login
	sudo_times 9 | sort -n | head -n 1
}

# Logins that stay, up to N, a few at a time as sshd lets them.
fill() { # N
	local i
	for ((i = 1; i <= $1; i++)); do
		login 'exec sleep 1000' &
		[ $((i % 8)) -ne 0 ] || until [ "$(open)" -ge "$i" ]; do sleep 0.02; done
	done
	# A session is open before its command runs, and pkill knows of the command alone.
	until [ "$(pgrep -c -u worker -x sleep)" -ge "$1" ]; do sleep 0.05; done
}
open() {
	find /run/agentauth/sessions/by-pid -type l | wc -l
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

dir=$(mktemp -d)
row_begin
measure() { # N: microseconds in $dir/WHAT.N
	fill "$1"
	times "$runs" login true >"$dir/login.$1"
	sudo_times "$runs" >"$dir/sudo.$1"
	times "$runs" agentauthctl session list >"$dir/list.$1"
	times "$runs" agentauthctl session reap >"$dir/reap.$1"
	live=$(agentauthctl --json session list | jq '.sessions | length')
	[ "$live" -ge "$1" ] || { echo "only $live of $1 sessions are open" >&2; exit 1; }
	times 1 agentauthctl session kill --agent worker >"$dir/kill.$1"
	wait
}
# pkill signals and does not look whether anything is left, so that is asked behind it.
pkill_all() {
	pkill -KILL -u worker
	while pgrep -u worker; do sleep 0.002; done
}
measure_pkill() { # N: into $dir/pkill.N
	fill "$1"
	times 1 pkill_all >"$dir/pkill.$1"
	wait
	agentauthctl session reap >/dev/null
}
measure $few
measure $many
measure_pkill $many

beside_few() { # NAME WHAT LIMIT
	row area=sessions name="$1, $many sessions open" unit=us ours="@$dir/$2.$many" peer="with $few open" theirs="@$dir/$2.$few" \
		by=ratio limit="$3" note="$runs runs"
}
within() { # NAME WHAT LIMIT-US NOTE
	row area=sessions name="$1, $many sessions" unit=us ours="@$dir/$2.$many" peer="with $few" theirs="@$dir/$2.$few" \
		by=median limit="$3" note="$4"
}
beside_few login login 1.25
beside_few "an agent's sudo" sudo 1.25
within 'session list' list 50000 "$runs runs"
within 'session reap' reap 50000 "$runs runs"
row area=sessions name="session kill, all of $many sessions" unit=us ours="@$dir/kill.$many" peer='pkill -KILL -u, until none is left' \
	theirs="@$dir/pkill.$many" by=median limit=200000 note='1 run'
row_end
