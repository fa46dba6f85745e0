#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agentauthctl with more of everything than its lists hold at first: what moves while it grows shows here in the build
# with sanitizers. Without root, on a registry of its own.
set -eu
tool=$PWD/../tools/agentauthctl/agentauthctl
# In memory where that can be: each publish waits for the disk a dozen times.
dir=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/conf/agents.d" "$dir/state/generations" "$dir/state/state" "$dir/state/keys" "$dir/run"
failed=0

ctl() { "$tool" "$@" --confdir "$dir/conf" --statedir "$dir/state" --rundir "$dir/run"; }
ends() { # WHAT LINES COMMAND...: it is done, and writes that many lines or more
	what=$1 least=$2
	shift 2
	if ctl "$@" >"$dir/out" 2>"$dir/err" && [ "$(wc -l <"$dir/out")" -ge "$least" ]; then
		echo "ok: $what"
	else
		failed=1
		echo "FAILED: $what"
		tail -n 15 "$dir/out" "$dir/err"
	fi
}
agents() { # FROM TO SETTINGS
	awk -v from="$1" -v to="$2" -v settings="$3" -v dir="$dir/conf/agents.d" 'BEGIN {
		for (i = from; i < to; i++) {
			file = sprintf("%s/a%05d.conf", dir, i)
			printf "uid = %d; roles = [ \"r%d\" ]; %s\n", 70000 + i, i % 300, settings > file
			close(file)
		}
	}'
}

awk 'BEGIN {
	print "host = { audience = [ \"ssh://web01.example.com\" ]; };"
	print "issuers = {"
	for (i = 0; i < 100; i++)
		printf "i%d = { issuer = \"https://i%d.example.com\"; discovery = true; client_claim = \"azp\"; reuse = \"once\"; };\n", i, i
	print "};\nroles = {"
	for (i = 0; i < 300; i++)
		printf "r%d = { gid = %d; sources = [ \"10.0.0.0/8\" ]; };\n", i, 99001 + i
	print "};"
}' >"$dir/conf/agentauth.conf"

agents 0 3 ''
ends "a first few are published" 1 apply
rm "$dir/conf/agents.d/a00001.conf"
ends "one of them is retired" 1 apply --yes
agents 2 20000 'bindings = ( ); description = "d";'
rm -f "$dir/conf/agents.d/a00001.conf"
ends "20,000 new ones are checked beside it" 1 check
ends "and shown as what differs" 1000 diff
ends "and published" 1 apply
ends "all are listed" 19999 list
ends "with the retired one" 20000 list --all
ends "and as JSON" 19999 list --json
ends "all roles are listed" 300 role list
ends "all issuers are listed" 100 issuer list
agents 2 20000 'description = "other";'
ends "a change of all of them is published" 1 apply
ends "one registers among so many" 1 register zz-last --role r1
ends "and is shown" 1 show zz-last
ends "and changed" 1 set zz-last --owner alice
ends "and retired" 1 retire zz-last
ends "a role is added to so many" 1 role add late
ends "and removed" 1 role remove late
ends "the generation before serves again" 1 rollback
exit $failed
