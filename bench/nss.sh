#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the NSS module costs by itself: a direct call beside SSSD's module, which answers from its memory cache; with a million agents
# beside a hundred; a miss; and a process that asks for nothing of ours, with and without the module in nsswitch.conf.
# Usage: nss.sh BUILDDIR [ROUNDS], as root, with the tests' box (tests/box/image makes it). bench/lookups.sh asks through libc.
#
# SSSD asks a real slapd, and is stopped when its caches are full: what is measured is the memory cache, or no answer.
# Exit status 1: a limit does not hold, or a peer does not answer.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=bench/row.bash
. "$top/bench/row.bash"
{ [ $# -ge 1 ] && [ $# -le 2 ] && [ -d "$1" ]; } || { echo 'usage: nss.sh BUILDDIR [ROUNDS]' >&2; exit 2; }
build=$(cd "$1" && pwd)
rounds=${2:-7} many=${BENCH_AGENTS:-1000000}
[ "${BENCH_QUICK-}" != yes ] || rounds=2 many=10000
row_only_in_box "$build" "$top/bench/nss.sh" "$build" "$rounds"

# ---- within the box ---------------------------------------------------------
row_begin
bench=$build/bench/bench_nss
lib=$(dirname "$(ldconfig -p | awk '/libc\.so\.6/ { print $NF; exit }')")
work=$(mktemp -d)
said() { # NAME COMMAND...: what bench_nss prints, a file for each operation and pattern
	local name=$1 operation pattern value
	shift
	timeout 300 "$@" >"$work/said" || { echo "nss.sh: $name does not answer" >&2; return 1; }
	while read -r operation pattern value; do
		echo "$value" >>"$work/$name.$operation.$pattern"
	done <"$work/said"
}

# ---- SSSD with the same hundred agents --------------------------------------
# shellcheck disable=SC2034 # directory.bash asks for it
HOST=$(hostname -f)
wait_until() { # COMMAND...
	local i
	for ((i = 0; i < 300; i++)); do
		"$@" && return
		sleep 0.1
	done
	echo "nss.sh: in vain: $*" >&2
	return 1
}
# shellcheck source=tests/integration/directory.bash
. "$top/tests/integration/directory.bash"
agents_as_people() { # N
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			a = sprintf("builder-%07d", i); id = 70000 + i
			printf "dn: uid=%s,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n", a
			printf "uid: %s\ncn: %s\nsn: %s\nuidNumber: %d\ngidNumber: %d\n", a, a, a, id, id
			printf "gecos: Release builder\nhomeDirectory: /home/agents/%s\nloginShell: /bin/bash\n\n", a
			printf "dn: cn=%s,ou=groups,dc=example,dc=com\nobjectClass: posixGroup\ncn: %s\ngidNumber: %d\n\n", a, a, id
		}
	}'
}
memory_cache() {
	install -d "$DIRECTORY"
	start_slapd || return
	agents_as_people 100 | directory_add || return
	SSSD_ASKED_FOR=builder-0000099 start_sssd || return
	kill "$(cat /run/sssd.pid)"
	wait_until sssd_is_gone || return
	sed -i 's/^memcache_timeout = .*/memcache_timeout = 36000/; s/^entry_cache_timeout = .*/entry_cache_timeout = 36000/' /etc/sssd/sssd.conf
	sssd -D 3>&- >/dev/null 2>&1
	SSSD_ASKED_FOR=builder-0000099 wait_until sssd_answers || return
	timeout 120 "$bench" module "$lib/libnss_sss.so.2" sss >/dev/null || return
	kill -STOP "$(pgrep -x sssd_nss)"
}
sssd_is_gone() {
	! pgrep -x sssd >/dev/null
}

# ---- direct calls -----------------------------------------------------------
"$bench" generate "$work/100" 100
"$bench" generate "$work/many" "$many"
has_sssd=yes
memory_cache || has_sssd=no
sleep 2.5 # what is newer than two seconds is not remembered
for ((round = 0; round < rounds; round++)); do
	said few "$bench" ours "$work/100" 100
	said ours "$bench" ours "$work/many" "$many"
	[ $has_sssd = no ] || said sssd "$bench" module "$lib/libnss_sss.so.2" sss || has_sssd=no
done
[ $has_sssd = yes ] || rm -f "$work"/sssd.*
: >"$work/none"
for operation in getpwnam getpwuid initgroups; do
	theirs=$work/sssd.$operation.again
	[ -e "$theirs" ] || theirs=$work/none
	row area=NSS name="$operation, the module alone" unit=ns ours=@"$work/ours.$operation.again" peer="SSSD's, memory cache" \
		theirs=@"$theirs" by=ratio limit=0.5
	row area=NSS name="$operation, the module alone, $many agents" unit=ns ours=@"$work/ours.$operation.again" \
		peer='ours, 100 agents' theirs=@"$work/few.$operation.again" by=ratio limit=1.1
	row area=NSS name="$operation, for the first time" unit=ns ours=@"$work/ours.$operation.other"
done
for operation in getpwnam getpwuid; do
	row area=NSS name="$operation of a person, who is not ours" unit=ns ours=@"$work/ours.$operation.missed" by=median limit=1000
done
"$bench" enumerate "$work/100" 100 | while read -r operation pattern value; do
	row area=NSS name="$operation, $pattern entry" unit=ns ours="$value"
done

# ---- a process that asks for nothing of ours --------------------------------
# glibc's libutil has been empty since 2.34: what it costs to load a library at all.
cp "$lib/libutil.so.1" "$lib/libnss_empty.so.2"
ldconfig
for ((round = 0; round < rounds; round++)); do
	for last in files agentauth empty; do
		modules=files
		[ $last = files ] || modules="files $last"
		printf 'passwd: %s\ngroup: %s\n' "$modules" "$modules" >/etc/nsswitch.conf
		said $last "$bench" process
	done
done
least() { # NAME
	sort -g "$work/$1.process.time" | head -n 1
}
# Where an empty library alone takes longer than the limit, it is a quarter more than that.
limit=$((($(least empty) - $(least files)) * 5 / 4))
[ "$limit" -gt 100000 ] || limit=100000
row area=NSS name='a process that asks for nothing of ours' unit=ns ours=@"$work/agentauth.process.time" \
	peer='without the module' theirs=@"$work/files.process.time" by=more limit=$limit
row area=NSS name='a process that asks for nothing of ours' unit=ns ours=@"$work/agentauth.process.time" \
	peer='with an empty library' theirs=@"$work/empty.process.time"
row area=NSS name='its memory' unit=KiB ours=@"$work/agentauth.process.memory" peer='without the module' \
	theirs=@"$work/files.process.memory" by=more limit=200
row_end
