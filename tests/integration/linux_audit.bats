#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Linux audit gets each record, in words that ausearch and aureport read, and no login is counted twice. The kernel answers
# in its first pid namespace alone, and the box is in another: what the real sshd, sudo and agentauthctl send is taken from
# their system calls, and written as the kernel writes it.
# shellcheck disable=SC2154,SC2034

load support
load agents
load sessions

TOOLS=$AGENTAUTH_BUILD/linux-audit
LOG=/root/audit.log

setup_file() {
	local sshd tracer
	host_init
	new_agent builder-7 ES256 --role deploy
	strace -f -qq -ttt -X raw -e trace=sendto -s 9000 -o /root/sshd.trace -p "$(cat /run/sshd.pid)" 2>/root/strace 3>&- &
	tracer=$!
	wait_until grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$(cat /run/sshd.pid)/status"
	by_key builder-7 'sudo -n restart-app; sudo -n id "res=success exe=x"' || :
	ssh_with "$(token_file builder-7)" "builder-7@$HOST" true
	traced register builder-9 --key "$KEYS/builder-7.pub" --role deploy || :
	traced suspend builder-7 --why "it's loud"
	by_key builder-7 true || :
	traced resume builder-7
	traced role set deploy --max-session 1800
	kill "$tracer"
	wait "$tracer" || :
	cat /root/*.trace | as_the_kernel_writes >"$LOG"
}
traced() { # ARGUMENT... of agentauthctl
	strace -f -qq -ttt -X raw -e trace=sendto -s 9000 -o "/root/$1-$2.trace" agentauthctl "$@"
}
# A program sends a type and a text, and the kernel writes who sent it when before the text.
as_the_kernel_writes() {
	/usr/bin/python3 -c '
import re, sys
names = {1100: "USER_AUTH", 1101: "USER_ACCT", 1102: "USER_MGMT", 1103: "CRED_ACQ", 1104: "CRED_DISP", 1105: "USER_START",
         1106: "USER_END", 1110: "CRED_REFR", 1112: "USER_LOGIN", 1113: "USER_LOGOUT", 1114: "ADD_USER", 1121: "TRUSTED_APP",
         1123: "USER_CMD", 1132: "GRP_MGMT"}
sent = re.compile(r"(\d+) +(\d+\.\d{3})\d* sendto\(\w+, \[?\{nlmsg_len=\w+, nlmsg_type=(\w+).*?\}, \"(.*?)\"")
n = 0
for line in sorted(sys.stdin, key=lambda line: line.split()[1]):
    found = sent.match(line)
    if not found or int(found[3], 0) not in names:
        continue
    text = found[4].encode().decode("unicode_escape").encode("latin-1").decode().rstrip("\0")
    n += 1
    print(f"type={names[int(found[3], 0)]} msg=audit({found[2]}:{n}): pid={found[1]} uid=0 auid=4294967295 ses=4294967295 msg=\x27{text}\x27")
'
}
reads() { # ausearch|aureport [ARGUMENT]...
	local program=$1
	shift
	run --separate-stderr env LD_LIBRARY_PATH="$(echo "$TOOLS"/lib/*-linux-gnu)" TZ=UTC "$TOOLS/sbin/$program" -if "$LOG" "$@"
}
sequences() { # JQ: the numbers of the log's lines of which it is true
	jq -r "select($1) | .seq" "$AUDIT"
}

@test "ausearch finds each line of the audit log that was written meanwhile, once" {
	local first
	reads ausearch --raw
	first=$(grep -o ' seq=[0-9]*' <<<"$output" | cut -d = -f 2 | sort -n | head -n 1)
	[ "$first" -gt 1 ]
	[ "$(grep -o ' seq=[0-9]*' <<<"$output" | cut -d = -f 2 | sort -n)" = "$(sequences ".seq >= $first")" ]
	reads ausearch -m TRUSTED_APP -sv no --raw
	[ "$(grep -o ' seq=[0-9]*' <<<"$output" | cut -d = -f 2 | sort -n)" = \
		"$(sequences ".seq >= $first and .event != \"admin\" and .result != \"ok\"")" ]
	reads ausearch -m TRUSTED_APP -x "$(command -v sudo)" -i
	expect_output 'op=agentauth:sudo.* acct=builder-7 .*role=deploy .*res=success'
	reads ausearch -m TRUSTED_APP -hn 127.0.0.1 -i
	expect_output 'op=agentauth:session-open acct=builder-7 .*addr=127\.0\.0\.1 '
}

@test "what an agent typed is read as its command, and as nothing else" {
	reads ausearch -m TRUSTED_APP -sv no -i
	expect_output 'cmd=.*id.*res=success exe=x.* res=failed'
	reads ausearch -m TRUSTED_APP -x x
	[[ $stderr == *'no matches'* ]]
	reads ausearch -m USER_MGMT -i
	expect_output "acct=builder-7 .*by=\"root\" cmd=suspend builder-7 --why .*loud.* res=success"
}

@test "aureport shows what administrators changed, and counts no login twice" {
	local logins
	reads aureport -m
	expect_output 'agentauthctl builder-7 yes '
	[ "$(grep -c agentauthctl <<<"$output")" -ge 4 ]
	reads aureport -au
	logins=$output
	[ "$(grep -c sshd <<<"$logins")" -ge 1 ]
	# Without our records it is the same.
	sed -i '/op=agentauth:/d' "$LOG"
	reads aureport -au
	[ "$output" = "$logins" ]
	reads aureport -m
	[ "$(grep -c agentauthctl <<<"$output")" -eq 0 ]
}
