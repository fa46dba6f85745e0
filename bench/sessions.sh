#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a thousand open sessions cost a login, a sudo, session list and session reap, beside ten. Usage: sessions.sh BUILDDIR
# It runs in the tests' box (see tests/box/image), as root. The sessions are records like the one that a login made, each
# of a sleeping process of its own. Exit status 1: a budget does not hold.
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

# Open sessions, of processes that sleep, up to N.
fill() { # N
	login 'touch up; exec sleep 1000' &
	until [ -n "$(ls /run/agentauth/sessions/*.json 2>/dev/null)" ] && [ -e /home/agents/worker/up ]; do sleep 0.05; done
	/usr/bin/python3 - "$1" <<-'END'
		import glob, json, os, subprocess, sys
		base = "/run/agentauth/sessions/"
		record = next(r for r in (json.load(open(f)) for f in glob.glob(base + "*.json")) if r["opened"])
		for i in range(int(sys.argv[1]) - 1):
		    pid = subprocess.Popen(["setpriv", "--reuid", str(record["uid"]), "--clear-groups", "sleep", "1000"], start_new_session=True).pid
		    start = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[19])
		    record.update(id=os.urandom(16).hex(), opener=[pid, os.getpid(), start], audit_session=4294967295)
		    with open(os.open(base + record["id"] + ".json", os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
		        json.dump(record, out)
		    os.symlink(record["id"], base + "by-pid/%d" % pid)
		    open(base + "by-agent/worker/" + record["id"], "w").close()
	END
}

measure() { # N, into l, s, t, r
	fill "$1"
	l=$(quickest 7 login true) s=$(sudo_alone) t=$(quickest 7 agentauthctl session list) r=$(quickest 7 agentauthctl session reap)
	open=$(agentauthctl --json session list | jq '.sessions | length')
	[ "$open" -ge "$1" ] || { echo "only $open of $1 sessions are open" >&2; exit 1; }
	agentauthctl session kill --agent worker >/dev/null
	rm -f /home/agents/worker/up
	wait
}
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
