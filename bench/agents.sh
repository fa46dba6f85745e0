#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What it costs to publish many agents and to change one of them, each with a key of its own, and ten retired: apply,
# register, set, list, doctor; how apply grows; beside what does as much for accounts of the host (makedb of nss_db for the
# same accounts, useradd and usermod with as many lines in /etc/passwd). Usage: agents.sh BUILDDIR, as root, with the box that
# `quickstart bench` makes. BENCH_QUICK=yes: up to 10,000.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/row.bash
. "$here/row.bash"
area=agents sizes=(1000 10000 100000 1000000) many=100000 runs=9
[ "${BENCH_QUICK-}" != yes ] || { sizes=(1000 10000); many=10000; runs=3; }
row_sizes

{ [ $# -eq 1 ] && [ -d "$1" ]; } || { echo 'usage: agents.sh BUILDDIR' >&2; exit 2; }
row_only_in_box "$(cd "$1" && pwd)" "$here/agents.sh" "$(cd "$1" && pwd)"

dir=$(mktemp -d)
agents=/etc/agentauth/agents.d
row_begin
agentauthctl init >/dev/null
agentauthctl role add deploy --service sshd --service sudo --sudo '(root) /usr/bin/true ""' >/dev/null
sed -i 's/uid_max = 98999;/uid_max = 1999999;/; s/gid_min = [0-9]*;/gid_min = 2000000;/; s/gid_max = [0-9]*;/gid_max = 2009999;/' \
	/etc/agentauth/agentauth.conf
agentauthctl apply --yes >/dev/null

make_agents() { # FROM UPTO: texts as register writes them
	/usr/bin/python3 - "$@" <<-'END'
		import base64, hashlib, sys
		head = bytes.fromhex("302a300506032b6570032100")
		for i in range(int(sys.argv[1]), int(sys.argv[2])):
		    key = base64.b64encode(head + hashlib.sha256(b"%d" % i).digest()).decode()
		    with open("/etc/agentauth/agents.d/many-%07d.conf" % i, "w") as file:
		        file.write('uid = %d;\nowner = "owner-%d@example.com";\nroles = [ "deploy" ];\nkeys = ( { kid = "key-%d"; pem = "-----BEGIN PUBLIC KEY-----\\n%s\\n-----END PUBLIC KEY-----\\n"; state = "active"; } );\n' % (200000 + i, i % 10, i, key))
	END
}
thousands() {
	printf '%s' "$1" | sed -e ':a' -e 's/^\([0-9]*[0-9]\)\([0-9]\{3\}\)/\1,\2/' -e ta
}
# The same accounts below a folder of their own, for the host's own tools.
host_accounts() { # N
	mkdir -p "$dir/host/etc"
	: >"$dir/host/etc/login.defs"
	awk -v n="$1" -v to="$dir/host/etc" 'BEGIN {
		for (i = 0; i < n; i++) {
			a = sprintf("many-%07d", i)
			printf "%s:x:%d:%d::/home/agents/%s:/bin/bash\n", a, 200000 + i, 200000 + i, a >to "/passwd"
			printf "%s:!:20000:0:99999:7:::\n", a >to "/shadow"
			printf "%s:x:%d:\n", a, 200000 + i >to "/group"
			printf "%s:!::\n", a >to "/gshadow"
		}
	}'
	awk -F: '{ printf ".%s %s\n=%s %s\n0%u %s\n", $1, $0, $3, $0, NR - 1, $0 }' "$dir/host/etc/passwd" >"$dir/host/for-makedb"
}

# ---- apply, at each size -------------------------------------------------------------------------------------------------
fill() { # FROM UPTO
	make_agents "$1" "$2"
	agentauthctl apply --yes >/dev/null
}
# Ten are retired, whose names lie among those of the others.
for name in a-gone many-000000{0,1,5}-gone many-00{05,12,50}000-gone many-{02,07}00000-gone zoe-gone; do
	agentauthctl register "$name" --role deploy >/dev/null
	agentauthctl retire "$name" >/dev/null
done
growth=''
measure_apply() { # N
	local again=$runs memory median
	local -a held=() held_memory=()
	[ "$1" -lt 1000000 ] || again=3
	memory=$("$here/timed" "$again" "$dir/apply" --before "echo '# @' >>$agents/many-0000000.conf" 'agentauthctl apply --yes')
	case $1 in
	100000) held=(by=median limit=1000000) held_memory=(by=median limit=100) ;;
	1000000) held=(by=median limit=20000000) ;;
	esac
	host_accounts "$1"
	"$here/timed" "$again" "$dir/makedb" "makedb -o $dir/host/passwd.db $dir/host/for-makedb" >/dev/null
	row area=$area name="apply, $(thousands "$1") agents" unit=us ours="@$dir/apply" peer='makedb of nss_db' theirs="@$dir/makedb" \
		"${held[@]}" note="$again runs"
	row area=$area name="apply, $(thousands "$1") agents: memory" unit=MB ours="$memory" "${held_memory[@]}"
	median=$(row_numbers "$dir/apply" | cut -d' ' -f2)
	growth+="$1 $median "
}

# ---- the rest, at one size -----------------------------------------------------------------------------------------------
measure_changes() { # N
	local i what
	for ((i = 0; i < runs; i++)); do
		agentauth keygen --alg ES256 --out "$dir/key-$i" >"$dir/key-$i.pub" 2>/dev/null
	done
	"$here/timed" "$runs" "$dir/register" "agentauthctl register new-@ --role deploy --key $dir/key-@.pub" >/dev/null
	"$here/timed" "$runs" "$dir/set" 'agentauthctl set many-0000050 --description run-@' >/dev/null
	"$here/timed" "$runs" "$dir/useradd" "useradd --prefix $dir/host --no-create-home --uid 19@ new-@" >/dev/null || :
	"$here/timed" "$runs" "$dir/usermod" "usermod --prefix $dir/host --comment run-@ many-0000050" >/dev/null || :
	row area=$area name="register, with $(thousands "$1") agents" unit=us ours="@$dir/register" peer=useradd theirs="@$dir/useradd" \
		by=median limit=100000 note="$runs runs"
	row area=$area name="set, with $(thousands "$1") agents" unit=us ours="@$dir/set" peer=usermod theirs="@$dir/usermod" \
		by=median limit=100000 note="$runs runs"
	# What a command about one agent costs beside a publish for which every file is read.
	for what in register set; do
		row area=$area name="$what, with $(thousands "$1") agents, beside apply" unit=us ours="@$dir/$what" peer='ours, apply' \
			theirs="@$dir/apply" by=ratio limit=0.6 note="$runs runs"
	done
	for what in list doctor; do # doctor finds what a box lacks, and says so by its status
		"$here/timed" "$runs" "$dir/$what" "sh -c 'agentauthctl $what; [ \$? -le 1 ]'" >/dev/null
		row area=$area name="$what, $(thousands "$1") agents" unit=us ours="@$dir/$what" peer='ours, apply' theirs="@$dir/apply" \
			by=ratio limit=1.0 note="$runs runs"
	done
}

made=0
for n in "${sizes[@]}"; do
	fill "$made" "$n"
	made=$n
	measure_apply "$n"
	[ "$n" != $many ] || measure_changes "$n"
done
# The exponent between the two largest.
exponent=$(awk -v g="$growth" 'BEGIN { n = split(g, v, " "); n -= n % 2; printf "%.3f", log(v[n] / v[n - 2]) / log(v[n - 1] / v[n - 3]) }')
row area=$area name="apply grows by the number of agents to the power of" unit=x ours="$exponent" by=median limit=1.1
row_end
