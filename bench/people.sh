#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What people pay for a host that has agents: their sudo, su, cron job and login by the stacks of etc/pam.d, beside the same on
# stock stacks and on a stock host (whose names and whose sudo know nothing of us either); and an agent's sudo beside a
# person's on stock stacks. Usage: people.sh BUILDDIR [ROUNDS], as root, in the tests' box (tests/box/image makes it).
# Ours and the peer take turns. A row is the time that passed; its note has the ratio of processor time, which the load of
# other programs changes less. Exit status 1: a row does not hold, or has no answer.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -d "$1" ]; then
	echo "usage: people.sh BUILDDIR [ROUNDS]" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
rounds=${2:-101}
[ "${BENCH_QUICK-}" != yes ] || rounds=5
# shellcheck source=bench/row.bash
. "$top/bench/row.bash"
row_only_in_box "$build" "$top/bench/people.sh" "$build" "$rounds"

# ---- within the box ---------------------------------------------------------
row_begin
work=$(mktemp -d)
bench=/usr/local/bin/bench_people
install -m 0755 "$build/bench/bench_people" $bench
as() { # WHO COMMAND...
	local who=$1
	shift
	setpriv --reuid "$who" --regid "$who" --init-groups --reset-env "$@"
}

make_host() {
	agentauthctl init
	agentauthctl role add work --service sshd --service sudo --sudo '(root) /usr/bin/true'
	install -d -m 0700 -o dev -g dev /home/dev/keys
	as dev agentauth keygen --alg ES256 --out /home/dev/keys/worker.pem >/home/dev/keys/worker.pub
	agentauthctl register worker --role work --key /home/dev/keys/worker.pub
	printf '%s ALL=(root) NOPASSWD: /usr/bin/true\n' bob >/etc/sudoers.d/bob
	chmod 0440 /etc/sudoers.d/bob
}
make_host >"$work/host.log" 2>&1 || { cat "$work/host.log" >&2; exit 1; }

# Debian's own stacks are ours without our lines; a stock host's sudo has no plugin, and its names come from files alone.
make_stock() {
	mkdir "$work/stock"
	cp -a /etc/pam.d "$work/stock/"
	sed -i '/pam_agentauth/d; /notingroup agents/d; /pam_mkhomedir.so umask=0077/d' "$work"/stock/pam.d/*
	! grep -rl '^[^#]*agent' "$work/stock/pam.d" >&2 || exit 1
	sed 's/ *agentauth//' /etc/nsswitch.conf >"$work/stock/nsswitch.conf"
	sed '/agentauth/d' /etc/sudo.conf >"$work/stock/sudo.conf"
}
make_stock

# Starts what runs the command once for each line, in a mount namespace that has these stacks.
declare -A to from
# shellcheck disable=SC2016 # the inner shell expands it
serve() { # ours|stacks|host NAME COMMAND...
	local kind=$1 name=$2 in_fd out_fd
	shift 2
	mkfifo "$work/$name.in" "$work/$name.out"
	unshare --mount --propagation private bash -euc '
		kind=$1 stock=$2; shift 2
		[ "$kind" = ours ] || mount --bind "$stock/pam.d" /etc/pam.d
		[ "$kind" != host ] || mount --bind "$stock/nsswitch.conf" /etc/nsswitch.conf
		[ "$kind" != host ] || mount --bind "$stock/sudo.conf" /etc/sudo.conf
		exec "$@"' sh "$kind" "$work/stock" "$@" <"$work/$name.in" >"$work/$name.out" &
	exec {in_fd}>"$work/$name.in" {out_fd}<"$work/$name.out"
	to[$name]=$in_fd from[$name]=$out_fd
}

# Has the command run, and writes what it took; the first runs are not counted.
ask() { # NAME ROUND
	local wall cpu
	echo >&"${to[$1]}"
	read -r -t 60 -u "${from[$1]}" wall cpu || { echo "people.sh: $1 does not answer" >&2; return 1; }
	[ "$2" -lt 3 ] || { echo "$wall" >>"$work/$1.wall"; echo "$cpu" >>"$work/$1.cpu"; }
}

turns() { # NAME...
	local round i
	for ((round = 0; round < rounds + 3; round++)); do
		for ((i = 0; i < $#; i++)); do
			ask "${@:((round + i) % $# + 1):1}" "$round" || return 1
		done
	done
}

median() { # FILE
	sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

report() { # WHAT OURS PEER WORDS LIMIT
	local cpu
	cpu=$(awk -v a="$(median "$work/$2.cpu")" -v b="$(median "$work/$3.cpu")" 'BEGIN { printf "%.3f", a / b }')
	row area=people name="$1" unit=us ours=@"$work/$2.wall" peer="$4" theirs=@"$work/$3.wall" by=ratio limit="$5" \
		note="processor time $cpu x"
}

measure() { # WHAT NAME COMMAND...
	local what=$1 name=$2 kind
	shift 2
	for kind in ours stacks host; do serve $kind "$name-$kind" "$@"; done
	turns "$name-ours" "$name-stacks" "$name-host" || { row_failed area=people name="$what" peer="stock stacks" by=ratio limit=1.05; return; }
	report "$what" "$name-ours" "$name-stacks" "stock stacks" 1.05
	report "$what, whole host" "$name-ours" "$name-host" "a stock host" 1.05
}

bob='setpriv --reuid bob --regid bob --init-groups --reset-env'
# shellcheck disable=SC2086 # words
measure "a person's sudo" sudo $bob $bench serve sudo -n true
measure "a person's su, by root" su $bench serve su bob -c true
measure "a person's cron job" job $bench serve $bench job bob
measure "a person's login, authenticate and account" login $bench serve $bench login sshd bob bob-password

# The agent's runs in one session, which its own login opened.
serve ours agent setpriv --reuid dev --regid dev --init-groups --reset-env \
	ssh -o BatchMode=yes -i /home/dev/keys/worker.pem worker@web01.example.com $bench serve sudo -n true
rm "$work"/sudo-stacks.*[lu]
if turns agent sudo-stacks; then
	report "an agent's sudo" agent sudo-stacks "a person's, stock stacks" 1.4
else
	row_failed area=people name="an agent's sudo" peer="a person's, stock stacks" by=ratio limit=1.4
fi
row_end
