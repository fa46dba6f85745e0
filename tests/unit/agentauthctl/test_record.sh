#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The recorder of programs on the machine itself: by the kernel's audit where that answers, else by its perf events. Each command of an
# agent whose role says so is there once, with its words, root's too; another agent's and a person's are not; and after its end,
# or its death and --clean, the kernel's audit is as it was.
set -eu
[ "$(id -u)" = 0 ] || { echo "SKIPPED: root alone may record"; exit 77; }
here=$(cd "${srcdir:?is set by make check}/unit/agentauthctl" && pwd)
ctl=$(cd .. && pwd)/tools/agentauthctl/agentauthctl
# shellcheck source=tests/unit/agentauthctl/record_host.sh
. "$here/record_host.sh"
# It may do what its service may, and no more.
# shellcheck disable=SC2034 # record_begin has it
bounds=-all$(sed -n 's/^CapabilityBoundingSet=//p' "$here/../../../etc/systemd/agentauth-record.service.in" |
	tr '[:upper:]' '[:lower:]' | sed 's/cap_/,+/g; s/ //g')
[ "$bounds" != -all ]
failed=0

ok() { # WHAT CONDITION...
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok: $what"
	else
		failed=1
		echo "FAILED: $what"
		tail -n 5 "$dir/log/exec.jsonl" "$dir/out"
	fi
}
# ok() calls what follows.
# shellcheck disable=SC2317
has() { # TEXT: a line of the log of programs
	for _ in $(seq 60); do
		! grep -qF -- "$1" "$dir/log/exec.jsonl" || return 0
		sleep 0.05
	done
	return 1
}
# shellcheck disable=SC2317
has_not() { ! grep -qF -- "$1" "$dir/log/exec.jsonl"; }
# Whether the kernel audits at all, and how much it keeps: "-" where it does not say.
status() {
	/usr/bin/python3 - 2>/dev/null <<-'END' || echo -
		import socket, struct
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
		s.settimeout(2)
		s.send(struct.pack("IHHII", 16, 1000, 1, 1, 0))
		while True:
		    answer = s.recv(9000)
		    if struct.unpack_from("H", answer, 4)[0] == 1000:
		        print(struct.unpack_from("II", answer, 20)[0], struct.unpack_from("I", answer, 36)[0])
		        break
		    if struct.unpack_from("i", answer, 16)[0] != 0:
		        raise SystemExit(1)
	END
}

before=$(status)
ok "the recorder begins" record_begin
method=$(sed -n 's/^records by //p' "$dir/out")
echo "it records by $method"
login $((id + 1)) $((id + 1)) sleep 0.05 0.061
login $((id + 1)) 0 sleep 0.05 0.062
login $((id + 2)) $((id + 2)) sleep 0.05 0.063
login 1899999999 0 sleep 0.05 0.064
ok "an agent's command is there, with its words" has '"command":"sleep 0.05 0.061"'
ok "and what it runs as root" has '"command":"sleep 0.05 0.062"'
ok "attributed to it" grep -q '"event":"exec".*"agent":"robot","uid":'$((id + 1))'.*"euid":0,.*"command":"sleep 0.05 0.062"' "$dir/log/exec.jsonl"
ok "another agent's is not" has_not '0.063'
ok "nor is a person's" has_not '0.064'
ok "once each" test "$(grep -c '"command":"sleep' "$dir/log/exec.jsonl")" = 2
if [ "$method" = audit ]; then
	# shellcheck disable=SC2016 # the inner shell expands it
	login $((id + 1)) $((id + 1)) sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true "$i"; done'
	ok "audit misses none of what ends at once" has '"command":"/bin/true 10"'
	ok "none" test "$(grep -c '"command":"/bin/true' "$dir/log/exec.jsonl")" = 10
fi
record_end
ok "after its end the kernel is as it was" test "$(status)" = "$before"
ok "the audit log has its beginning and end" grep -q '"event":"exec-stop"' "$dir/log/audit.jsonl"
ok "it begins again" record_begin
kill -KILL "$recorder"
wait "$recorder" 2>/dev/null || :
recorder=
ok "what a killed one left is taken out" ctl record --clean
ok "and the kernel is as it was" test "$(status)" = "$before"
ok "the next one says that" record_begin
ok "in the audit log" grep -q '"event":"exec-gap"' "$dir/log/audit.jsonl"
exit $failed
