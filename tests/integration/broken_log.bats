#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The audit log broken in every way that a host knows: nothing hangs, an agent is let in or refused as the host's policy says,
# people notice nothing, and once the log is mended its next line says how many are not in it.

load support
load people
load agents

LOGS=/var/log/agentauth

# The log has a small file system of its own, which can be filled.
setup_file() {
	install -d -m 700 $LOGS
	mount -t tmpfs -o size=1m,mode=700 full $LOGS
	host_init
	new_agent builder-7 ES256
	mkdir -p /mnt/aside
}

setup() {
	log_mark
	policy deny
}

teardown() {
	mend
}

policy() { # deny|warn
	sed -i '/audit_failure/d; s/^host = {$/&\n\taudit_failure = "'"$1"'";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}

in_time() { # SECONDS COMMAND...
	local began=$SECONDS limit=$1
	shift
	"$@" || return
	[ $((SECONDS - began)) -le "$limit" ] || {
		echo "$* took $((SECONDS - began)) s" >&2
		return 1
	}
}

agent_gets_in() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0 && expect_output '^builder-7$'
}
agent_runs_sudo() {
	run in_session 'sudo -n restart-app'
	expect_status 0 && expect_output '^restarted by root'
}
agent_is_refused() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 255 && expect_output 'Permission denied'
}
people_are_served() {
	person_logs_in_by_key && person_runs_sudo && person_becomes_another
}
told_in_syslog() {
	run log_since_mark
	expect_output "not in the audit log: .*$1"
}

# ---- the ways: mend() takes each back ------------------------------------------------

break_missing() { mount --move $LOGS /mnt/aside && rmdir $LOGS; }
break_link_folder() { break_missing && ln -s /tmp $LOGS; }
break_foreign_folder() { chown alice $LOGS; }
break_full() { dd if=/dev/zero of=$LOGS/fill bs=4096 2>/dev/null || fill_the_last_page; }
break_read_only() { mount -o remount,ro $LOGS; }
break_immutable() { mount --bind "$AUDIT" "$AUDIT" && mount -o remount,ro,bind "$AUDIT"; }
break_fifo() { aside && mkfifo -m 600 "$AUDIT"; }
break_link() { aside && ln -s /root/elsewhere "$AUDIT"; }
break_directory() { aside && mkdir -m 700 "$AUDIT"; }
break_device() { : >$LOGS/empty && mount --bind /dev/full "$AUDIT"; }
break_foreign() { chown alice "$AUDIT"; }
break_lock() { mv $LOGS/audit.lock $LOGS/lock.aside && mkfifo -m 600 $LOGS/audit.lock; }
break_head() { mv $LOGS/audit.head $LOGS/head.aside && mkdir -m 700 $LOGS/audit.head; }

aside() { mv "$AUDIT" $LOGS/aside; }
# The page in which the log ends has room for some lines, until not even the shortest fits.
fill_the_last_page() {
	local i
	for ((i = 0; i < 40; i++)); do
		agentauthctl suspend builder-7 >/dev/null 2>&1
		run agentauthctl resume builder-7
		[[ $output != *'cannot be written'* ]] || return 0
	done
	return 1
}
mend() {
	[ ! -L $LOGS ] || rm $LOGS
	[ -e $LOGS ] || { mkdir -m 700 $LOGS && mount --move /mnt/aside $LOGS; }
	while mountpoint -q "$AUDIT"; do umount "$AUDIT"; done
	mount -o remount,rw $LOGS
	chown root $LOGS && chmod 700 $LOGS
	rm -f $LOGS/fill
	restore $LOGS/aside "$AUDIT"
	restore $LOGS/lock.aside $LOGS/audit.lock
	restore $LOGS/head.aside $LOGS/audit.head
	chown root "$AUDIT" && chmod 600 "$AUDIT"
}
restore() { # FILE ITS-PLACE
	[ -e "$1" ] || return 0
	rm -rf "$2"
	mv "$1" "$2"
}

# ---- the table ----------------------------------------------------------------------

broken() { # WAY
	"break_$1"
	in_time 30 agent_is_refused
	told_in_syslog '"event":"auth"'
	in_time 60 people_are_served
	run agentauthctl suspend builder-7
	expect_status 0
	expect_output 'the audit record cannot be written to /var/log/agentauth, and is in the system.s log alone'
	told_in_syslog '"command":"suspend builder-7"'
	run agentauthctl resume builder-7
	expect_status 0
	policy warn 2>/dev/null
	in_time 30 agent_runs_sudo
	told_in_syslog '"service":"sudo"'
	mend
	says_what_is_missing
}
# The lines that only the system's log has are as many as the next line of the log says.
says_what_is_missing() {
	local missing
	missing=$(log_since_mark | grep -c 'not in the audit log: ')
	audit_mark
	agent_gets_in
	echo "# $missing lines are not in the log"
	[ "$missing" -ge 5 ]
	expect_audit ".event == \"log\" and .found == \"not_written\" and .lines == $missing and .since < .until"
	[ "$(audit_since_mark | jq -s '[.[] | select(.event == "log")] | length')" -eq 1 ]
	chain_holds "$AUDIT"
	run agentauthctl audit verify
	expect_status 0
	[ ! -e /run/agentauth/audit.unwritten ]
}

@test "the control: a log that is well has no line of itself" {
	in_time 30 agent_gets_in
	in_time 60 people_are_untouched
	run jq -s '[.[] | select(.event == "log")] | length' "$AUDIT"
	expect_output '^0$'
}
@test "the folder missing" { broken missing; }
@test "the folder a link" { broken link_folder; }
@test "the folder somebody else's" { broken foreign_folder; }
@test "the disk full" { broken full; }
@test "the disk read-only" { broken read_only; }
@test "the log not to be changed" { broken immutable; }
@test "the log a FIFO" { broken fifo; }
@test "the log a link" { broken link; }
@test "the log a directory" { broken directory; }
@test "the log a device" { broken device; }
@test "the log somebody else's" { broken foreign; }
@test "the lock a FIFO" { broken lock; }
@test "the head a directory" { broken head; }

# ---- the lock ---------------------------------------------------------------------------

@test "the lock held by a process that was stopped: agents get in by lines that say so, and people wait for nothing" {
	local pid
	flock $LOGS/audit.lock sh -c 'kill -STOP $$; :' 3>&- &
	pid=$!
	wait_until pgrep -f 'kill -STOP'
	audit_mark
	in_time 60 people_are_served
	in_time 30 agent_gets_in
	expect_audit '.event == "auth" and .agent == "builder-7" and .unchained'
	run agentauthctl suspend builder-7
	expect_status 0
	expect_audit '.event == "admin" and .unchained'
	pkill -CONT -P $pid
	wait $pid
	agentauthctl resume builder-7
	run agentauthctl audit verify
	expect_status 0
	expect_output 'went round a lock that was held too long'
}

# ---- audit_sync ----------------------------------------------------------------------

sync_is() { # none|always
	sed -i '/audit_sync/d; s/^host = {$/&\n\taudit_sync = "'"$1"'";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}
# While the command runs, what sshd and all that it forks write and sync is kept in "calls".
watched() { # [OPTION OF STRACE]... -- COMMAND...
	local options=() tracer code=0
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	strace -f -qq -y -e trace=write,fdatasync "${options[@]}" -o /root/calls -p "$(cat /run/sshd.pid)" 2>/root/strace 3>&- &
	tracer=$!
	wait_until grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$(cat /run/sshd.pid)/status"
	"${@:2}" || code=$?
	kill "$tracer"
	wait "$tracer" || :
	return "$code"
}
# How many lines were written, and how many processes wrote anything else before theirs was on the disk.
lines_and_early_words() {
	/usr/bin/python3 -c '
import re
lines, early, waiting = 0, 0, set()
for call in open("/root/calls"):
    found = re.match(r"(\d+) +(write|fdatasync)\(\d+<([^>]*)>", call)
    if not found:
        continue
    pid, name, file = found.groups()
    if name == "write" and file.endswith("/audit.jsonl"):
        lines += 1
        waiting.add(pid)
    elif name == "fdatasync":
        waiting.discard(pid)
    else:
        early += pid in waiting
print(lines, early + len(waiting))'
}

@test "with audit_sync = always a line is on the disk before anybody hears of it, and where it cannot get there the policy decides" {
	sync_is none
	watched -- agent_gets_in
	run ! grep -q fdatasync /root/calls
	read -r lines early < <(lines_and_early_words)
	[ "$lines" -ge 2 ] && [ "$early" -ge 1 ]
	sync_is always
	watched -- agent_gets_in
	read -r lines early < <(lines_and_early_words)
	echo "# $lines lines, $early of them told of before they were on the disk" >&3
	[ "$lines" -ge 2 ] && [ "$early" -eq 0 ]
	watched -e inject=fdatasync:error=EIO -- agent_is_refused
	watched -e inject=fdatasync:error=EIO -- person_logs_in_by_key
	policy warn
	watched -e inject=fdatasync:error=EIO -- agent_gets_in
	sync_is none
	policy deny
}
