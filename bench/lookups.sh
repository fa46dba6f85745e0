#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What look-ups cost through libc and nsswitch, in a new process each time, with 100, 100,000 and 1,000,000 agents: ours beside
# SSSD's memory cache, Debian's nss_db, libnss-extrausers, nss-systemd and nscd, which all have the same agents; a miss; a person of
# a source behind us. Usage: lookups.sh BUILDDIR, as root, with the box that `quickstart bench` makes. BENCH_QUICK=yes: 100 and
# 10,000 agents, fewer rounds.
#
# SSSD's responder is stopped while its cache is measured, and nscd is asked by processes whose nsswitch names no source of
# agents: whatever else answered would not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/row.bash
. "$here/row.bash"
area=look-ups
sizes=(100 100000 1000000) rounds=5 calls=4000 ms=1000
[ "${BENCH_QUICK-}" != yes ] || sizes=(100 10000) rounds=1 calls=300 ms=60
row_sizes

{ [ $# -eq 1 ] && [ -d "$1" ]; } || { echo 'usage: lookups.sh BUILDDIR' >&2; exit 2; }
row_only_in_box "$(cd "$1" && pwd)" "$here/lookups.sh" "$(cd "$1" && pwd)"

build=$1
lookup=$build/bench/bench_lookup
dir=$(mktemp -d)
row_begin

# ---- the sources, each with the same agents ------------------------------------------------------------------------------
person=carol # whom the other sources have besides
passwd_of() { # N
	echo "$person:x:5000:5000:Carol:/home/$person:/bin/bash"
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) { a = sprintf("builder-%07d", i)
		printf "%s:x:%d:%d:Release builder:/home/agents/%s:/bin/bash\n", a, 70000 + i, 70000 + i, a } }'
}
group_of() { # N
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) { printf "builder-%07d:x:%d:\n", i, 70000 + i } }'
}
switch() { # NAME SOURCE...: what nsswitch says for a turn
	printf 'passwd: %s\ngroup: %s\n' "${*:2}" "${*:2}" >"$dir/nsswitch.$1"
}
fill_ours() { # N
	rm -rf "$dir/ours.$1"
	"$build/bench/bench_nss" generate "$dir/ours.$1" "$1"
	chmod 755 "$dir/ours.$1"
}
fill_extrausers() { # N
	mkdir -p /var/lib/extrausers
	passwd_of "$1" >/var/lib/extrausers/passwd
	group_of "$1" >/var/lib/extrausers/group
}
# makedb's input is as the Makefile of Debian's package writes it: a line by name, by id, and by its place.
fill_db() { # N
	passwd_of "$1" | awk -F: '{ printf ".%s %s\n=%s %s\n", $1, $0, $3, $0; printf "0%u %s\n", NR - 1, $0 }' | makedb -o /var/lib/misc/passwd.db -
	group_of "$1" | awk -F: '{ printf ".%s %s\n=%s %s\n", $1, $0, $3, $0; printf "0%u %s\n", NR - 1, $0 }' | makedb -o /var/lib/misc/group.db -
}
fill_systemd() { # N
	mkdir -p /run/userdb
	passwd_of "$1" | /usr/bin/python3 -c '
import os, sys
for line in sys.stdin:
    name, _, uid, gid, gecos, home, shell = line.rstrip("\n").split(":")
    with open(f"/run/userdb/{name}.user", "w") as f:
        f.write(f"""{{"userName":"{name}","uid":{uid},"gid":{gid},"realName":"{gecos}","homeDirectory":"{home}","shell":"{shell}"}}""")
    with open(f"/run/userdb/{name}.group", "w") as f:
        f.write(f"""{{"groupName":"{name}","gid":{gid}}}""")
    os.symlink(f"{name}.user", f"/run/userdb/{uid}.user")
    os.symlink(f"{name}.group", f"/run/userdb/{gid}.group")'
}
# SSSD asks nss_db for whom it does not know, and remembers no miss.
start_sssd() {
	cat >/etc/sssd/sssd.conf <<-'CONF'
		[sssd]
		services = nss
		domains = db
		[nss]
		memcache_timeout = 36000
		entry_negative_timeout = 0
		[domain/db]
		id_provider = proxy
		proxy_lib_name = db
		auth_provider = none
		chpass_provider = none
		access_provider = permit
		entry_cache_timeout = 36000
	CONF
	chmod 600 /etc/sssd/sssd.conf
	sssd -D
}
stop_sssd() {
	local pid
	pid=$(cat /run/sssd.pid 2>/dev/null) || return 0
	kill -CONT "$(sssd_responder)" 2>/dev/null || :
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	rm -rf /var/lib/sss/db/* /var/lib/sss/mc/*
}
sssd_responder() {
	pgrep -x sssd_nss
}
start_nscd() {
	cat >/etc/nscd.conf <<-'CONF'
		enable-cache passwd yes
		positive-time-to-live passwd 36000
		negative-time-to-live passwd 0
		shared passwd yes
		max-db-size passwd 335544320
		suggested-size passwd 20011
		enable-cache group yes
		positive-time-to-live group 36000
		negative-time-to-live group 0
		shared group yes
		max-db-size group 335544320
		suggested-size group 20011
	CONF
	switch nscd-asks files db
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount sh -c 'mount --bind "$1" /etc/nsswitch.conf && exec nscd' sh "$dir/nsswitch.nscd-asks"
}
stop_nscd() {
	nscd --shutdown 2>/dev/null || :
	while pgrep -x nscd >/dev/null; do sleep 0.05; done
}

# ---- a turn --------------------------------------------------------------------------------------------------------------
# A process that sees this nsswitch and these agents; nscd is hidden from all but those that are to ask it.
# shellcheck disable=SC2016 # the inner shell expands it
ask() { # SOURCE@N OPERATION CALLS MS [NAME]
	timeout 120 unshare --mount sh -euc '
		mount --bind "$1/nsswitch.$2" /etc/nsswitch.conf
		mount --bind "$1/ours.$3" /var/lib/agentauth
		[ "$2" = nscd ] || mount -t tmpfs none /run/nscd
		n=$3 bench=$4 operation=$5
		shift 5
		exec "$bench" "$operation" "$n" "$@"' sh "$dir" "${1%@*}" "${1#*@}" "$lookup" "${@:2}"
}
turns() { # OPERATION NAME|'' SOURCE@N...: nanoseconds in $dir/took.SOURCE@N; nothing in it of one that does not answer
	local operation=$1 name=$2 round i source
	shift 2
	for source; do : >"$dir/took.$source"; done
	for ((round = 0; round < rounds; round++)); do
		for ((i = 0; i < $#; i++)); do
			source=$(((round + i) % $# + 1))
			source=${!source}
			[ ! -e "$dir/silent.$source" ] || continue
			ask "$source" "$operation" "$calls" "$ms" ${name:+"$name"} >>"$dir/took.$source" 2>"$dir/said" || {
				printf 'lookups.sh: %s: %s: %s\n' "$source" "$operation" "$(tail -n 1 "$dir/said")" >&2
				: >"$dir/took.$source"
				: >"$dir/silent.$source"
			}
		done
	done
	rm -f "$dir"/silent.*
}
switch agentauth files agentauth
switch files files
switch SSSD files sss
switch agentauth-SSSD files agentauth sss
switch nss_db files db
switch libnss-extrausers files extrausers
switch nss-systemd files systemd
switch nscd files

thousands() {
	printf '%s' "$1" | sed -e ':a' -e 's/^\([0-9]*[0-9]\)\([0-9]\{3\}\)/\1,\2/' -e ta
}
# The caches are filled; then nobody but them answers for SSSD and nscd.
fill_caches() { # N
	local operation name
	for operation in getpwnam getpwuid getgrnam initgroups; do
		for name in '' "$person"; do
			[ -z "$name" ] || [ $operation = getpwnam ] || [ $operation = initgroups ] || continue
			for _ in $(seq 50); do
				if ask "SSSD@$1" $operation 300 60000 $name >/dev/null 2>&1; then break; fi
				sleep 0.2
			done
		done
		cp "$dir/nsswitch.nss_db" "$dir/nsswitch.nscd"
		ask "nscd@$1" $operation 100 60000 >/dev/null 2>&1 || :
		switch nscd files
	done
	kill -STOP "$(sssd_responder)"
}

# ---- the rows ------------------------------------------------------------------------------------------------------------
beside_others() { # N
	local operation peer
	local -a limit sources=("agentauth@$1" "SSSD@$1" "nss_db@$1" "libnss-extrausers@$1" "nscd@$1")
	[ "$1" -gt 100000 ] || sources+=("nss-systemd@$1")
	for operation in getpwnam getpwuid getgrnam initgroups; do
		turns $operation '' "${sources[@]}"
		for peer in "${sources[@]:1}"; do
			limit=()
			[ "${peer%@*}" != SSSD ] || limit=(by=ratio limit=0.95)
			row area=$area name="$operation, $(thousands "$1") agents" unit=ns ours="@$dir/took.agentauth@$1" \
				peer="${peer%@*}" theirs="@$dir/took.$peer" "${limit[@]}"
		done
	done
}
beside_few() { # N
	local operation
	for operation in getpwnam getpwuid getgrnam initgroups; do
		turns $operation '' "agentauth@$1" agentauth@100
		row area=$area name="$operation, $(thousands "$1") agents" unit=ns ours="@$dir/took.agentauth@$1" \
			peer='ours, 100 agents' theirs="@$dir/took.agentauth@100" by=ratio limit=1.1
	done
}
# For whom ours is only in the way.
others_people() { # N
	local operation
	turns miss '' "agentauth@$1" "files@$1"
	row area=$area name="a miss, $(thousands "$1") agents" unit=ns ours="@$dir/took.agentauth@$1" peer='files alone' \
		theirs="@$dir/took.files@$1" by=more limit=1000
	for operation in getpwnam initgroups; do
		turns $operation $person "agentauth-SSSD@$1" "SSSD@$1"
		row area=$area name="$operation of a person behind ours" unit=ns ours="@$dir/took.agentauth-SSSD@$1" \
			peer='SSSD alone' theirs="@$dir/took.SSSD@$1" by=ratio limit=1.1
	done
}

agentauthctl init >/dev/null
mkdir -p /run/nscd
for n in "${sizes[@]}"; do
	fill_ours "$n"
	fill_extrausers "$n"
	fill_db "$n"
	[ "$n" -gt 100000 ] || fill_systemd "$n" # it needs four files an agent
	start_sssd
	start_nscd
	sleep 2.5 # what is newer than two seconds is not remembered
	fill_caches "$n"
	beside_others "$n"
	[ "$n" = 100 ] || beside_few "$n"
	[ "$n" != "${sizes[1]}" ] || others_people "$n"
	stop_sssd
	stop_nscd
	rm -rf /run/userdb
done
row_end
