#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# record = "tty" of a role: what its commands show is kept by sudo's own process, out of the agent's reach, and shown again.

load support
load people
load agents
load sessions

RECORDINGS=/var/log/agentauth/recordings
OURS=$RECORDINGS/builder-7

setup_file() {
	# As a person does it who reads the file.
	sed 's/^#Plugin/Plugin/' /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	sudo -V | grep -q 'agentauth: I/O plugin'
	host_init
	agentauthctl role add taped --service sshd --service sudo --sudo '(root) /usr/bin/sh' --record tty --accept-risk >/dev/null 2>&1
	new_agent builder-7 ES256 --role taped
	new_agent builder-8 ES256 --role logs
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
	rm -rf "$RECORDINGS"
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	! mountpoint -q "$RECORDINGS" || umount "$RECORDINGS"
}

with_terminal() { # COMMAND: as builder-7
	dev env COMMAND="$1" script -q -e -c "ssh -tt -o BatchMode=yes -i $KEYS/builder-7.pem builder-7@$HOST \"\$COMMAND\"" /dev/null </dev/null
}
casts() {
	find "$OURS" -maxdepth 1 -name '*.cast' 2>/dev/null | sort -t . -k 2
}
session() {
	casts | head -n 1 | sed 's:.*/\(........\).*:\1:'
}
# All that the events of the code hold.
shown() { # CODE FILE
	tail -n +2 "$2" | jq -j --arg code "$1" 'select(.[1] == $code)[2]'
}
# On a terminal of 24 lines; what it prints is what the terminal gets.
replayed() { # OPTION...
	script -q -e -c "stty -onlcr; exec agentauthctl session replay $*" /dev/null </dev/null
}

@test "what a command showed at a terminal is there, at its pace, and is played at it" {
	local before
	run with_terminal 'sudo -n sh -c "echo first; sleep 2; printf \"\\303\"; sleep 0.1; printf \"\\274 last\\n\""'
	expect_status 0
	expect_output 'ü last'
	[ "$(casts | wc -l)" -eq 1 ]
	cast=$(casts)
	# Each line is JSON by itself; the first is an asciicast's head.
	jq -e . "$cast" >/dev/null
	head -n 1 "$cast" | jq -e '.version == 2 and .width > 0 and .height > 0 and .timestamp > 1600000000 and
		(.title | test("builder-7.*first")) and .agentauth.agent == "builder-7"'
	tail -n +2 "$cast" | jq -e -s 'all(.[]; length == 3 and (.[0] | type) == "number" and (.[2] | type) == "string") and
		([.[][0]] | . == sort)'
	tail -n +2 "$cast" | jq -e -s '(map(select(.[2] | test("last")))[0][0] - map(select(.[2] | test("first")))[0][0]) | . > 2 and . < 20'
	expect_audit ".event == \"recording\" and .step == \"recorded\" and .agent == \"builder-7\" and
		.sha256 == \"$(sha256sum "$cast" | cut -d ' ' -f 1)\" and .recording == \"$(basename "$cast" .cast)\""
	expect_audit ".event == \"sudo\" and .result == \"ok\" and .recording == \"$(basename "$cast" .cast)\""
	before=$EPOCHREALTIME
	run replayed "$(session)"
	expect_status 0
	expect_output 'first'
	expect_output 'ü last'
	[ "$(((${EPOCHREALTIME/./} - ${before/./}) / 1000))" -ge 2050 ]
	before=$EPOCHREALTIME
	run replayed "$(session)" --idle-limit 0.01 --speed 100
	expect_output 'ü last'
	[ "$(((${EPOCHREALTIME/./} - ${before/./}) / 1000))" -lt 2050 ]
	before=$EPOCHREALTIME
	run agentauthctl session replay "$(session)"
	expect_output 'first$'
	[ "$(((${EPOCHREALTIME/./} - ${before/./}) / 1000))" -lt 2050 ]
}

@test "without a terminal what it wrote is there, and reaches whom it was written for, byte by byte" {
	head -c 300000 /dev/urandom >/root/bytes
	run by_key builder-7 'sudo -n sh -c "cat /root/bytes" | { sleep 1; sha256sum; }; echo in | sudo -n sh -c "cat; echo err >&2; exit 7"; echo "status $?"'
	expect_output "^$(sha256sum </root/bytes | cut -d ' ' -f 1)"
	expect_output '^in$'
	expect_output '^status 7$'
	[ "$(casts | wc -l)" -eq 2 ]
	jq -e . "$(casts | head -n 1)" >/dev/null
	[ "$(shown o "$(casts | tail -n 1)" | tr -d '\r' | sort | xargs)" = 'err in' ]
}

@test "several commands are listed, played one by one, and written as one asciicast" {
	run with_terminal 'sudo -n sh -c "echo one"; sudo -n sh -c "echo two"; sudo -n sh -c "echo three"'
	run agentauthctl session replay "$(session)" --list
	expect_status 0
	expect_output '^2 .* root +ok +/usr/bin/sh -c .echo two.$'
	run agentauthctl --json session replay "$(session)"
	[ "$(jq -r '[.recordings[] | .number, .state, .session[:8]] | join(" ")' <<<"$output")" = "$(printf '%s ok '"$(session) " 1 2 3 | sed 's/ $//')" ]
	run agentauthctl session replay "$(session)" --command 2
	expect_output '^two$'
	expect_no_output '^one$|^three$'
	run agentauthctl session replay "$(session)" --command 4
	expect_status 2
	expect_output '--command takes a number from 1 to 3 here; --list shows them'
	run agentauthctl session replay "$(session)" --list --asciicast -
	expect_status 2
	expect_output '--asciicast writes recordings, --list and --json name them: one of these'
	run agentauthctl --statedir /root/none session replay "$(session)"
	expect_status 2
	expect_output 'recordings are beside the audit log, which --statedir leaves out'
	rm -f /root/all.cast
	agentauthctl session replay "$(session)" --asciicast /root/all.cast
	jq -e . /root/all.cast >/dev/null
	[ "$(jq -s '.[0].version' /root/all.cast)" -eq 2 ]
	[ "$(shown m /root/all.cast | grep -o 'echo [a-z]*' | xargs)" = 'echo one echo two echo three' ]
	[ "$(stat -c %a /root/all.cast)" = 600 ]
	run agentauthctl session replay "$(session)" --asciicast /root/all.cast
	expect_status 1
	expect_output 'all.cast cannot be written: File exists'
}

@test "the size of the window, its changes, and a suspended command are in it" {
	run dev expect -c "
		set timeout 20
		spawn -noecho ssh -tt -o BatchMode=yes -i $KEYS/builder-7.pem builder-7@$HOST
		stty rows 31 columns 101 < \$spawn_out(slave,name)
		send \"sudo -n sh -c 'echo be''gun; read x; echo wi''de; read x'\\r\"
		expect begun
		stty rows 40 columns 120 < \$spawn_out(slave,name)
		sleep 2
		send \"\\r\"
		expect wide
		send \"\\032\"
		expect Stopped
		send \"fg\\r\"
		sleep 0.5
		send \"\\r\"
		send \"exit\\r\"
		expect eof"
	cast=$(casts)
	[ "$(head -n 1 "$cast" | jq -c '[.width, .height]')" = '[101,31]' ]
	[[ $(shown r "$cast") == *120x40 ]]
	[ "$(shown m "$cast")" = suspendedcontinued ]
}

@test "the agent cannot read, change, fill or leave it out, by its limits and umask neither" {
	run by_key builder-7 'ulimit -S -f 0; ulimit -S -n 16; umask 777; sudo -n sh -c "echo there"'
	expect_status 0
	[ "$(shown o "$(casts)" | tr -d '\r')" = there ]
	[ "$(stat -c '%a %U' "$RECORDINGS" "$OURS" "$(casts)" | xargs)" = '700 root 700 root 400 root' ]
	run by_key builder-7 "ls $RECORDINGS; cat $(casts); echo >>$(casts); rm -f $(casts); exec 2>&1"
	expect_no_output there
	[ -s "$(casts)" ]
	run by_key builder-7 "$(command -v agentauthctl) session replay $(session) 2>&1"
	expect_no_output there
	# What it was told to leave out is in its own files, which sudo's process does not read.
	run by_key builder-7 'echo "Defaults !log_output" >~/.sudoers; SUDO_ASKPASS=/x LD_PRELOAD=/x sudo -n sh -c "echo also" 2>/dev/null'
	[ "$(casts | wc -l)" -eq 2 ]
}

@test "an agent without such a role and a person are not recorded, and an auditor cannot replay" {
	run by_key builder-8 'sudo -n whoami'
	expect_output root
	person_runs_sudo
	[ ! -e "$RECORDINGS" ]
	expect_no_audit '.event == "recording"'
	run by_key builder-7 'sudo -n sh -c "echo secret"'
	run agentauthctl as auditor session replay "$(session)"
	expect_status 1
	expect_no_output secret
	run agentauthctl session replay "$(session)"
	expect_output secret
}

@test "a sudo that the agent kills leaves what was shown, and the next sweep seals it" {
	stay builder-7 'sudo -n sh -c "echo shown; sleep 60"'
	wait_until eval 'grep -q shown '"$OURS"'/open/*.cast'
	pkill -KILL -x -u 0 -f 'sudo -n sh -c echo shown' || pkill -KILL -f '^sudo -n sh -c echo shown'
	file=$(basename "$OURS"/open/*.cast .cast)
	wait_until eval 'agentauthctl session reap; test -e '"$OURS/$file.cast"
	expect_audit '.event == "recording" and .step == "unfinished" and .sha256'
	run agentauthctl session replay "$(session)"
	expect_status 0
	expect_output '^shown'
	run agentauthctl session replay "$(session)" --list
	expect_output ' unfinished +/usr/bin/sh'
}

@test "a last line that was torn is passed over" {
	run by_key builder-7 'sudo -n sh -c "echo whole"'
	chmod u+w "$(casts)"
	printf '[9.0, "o", "to' >>"$(casts)"
	run agentauthctl session replay "$(session)"
	expect_output '^whole'
	expect_status 1
	expect_output 'was changed'
}

@test "a recording that was changed, or is gone, is said" {
	run by_key builder-7 'sudo -n sh -c "echo good"; sudo -n sh -c "echo other"'
	id=$(session)
	run agentauthctl session replay "$id"
	expect_status 0
	expect_no_output 'changed|gone'
	chmod u+w "$(casts | head -n 1)"
	sed -i s/good/evil/ "$(casts | head -n 1)"
	run agentauthctl session replay "$id"
	expect_status 1
	expect_output '\(CHANGED\)$'
	expect_output 'was changed: its SHA-256 is not the one that the audit log has'
	rm "$(casts | head -n 1)"
	run agentauthctl session replay "$id"
	expect_output 'a recording of .* is gone: /usr/bin/sh -c .echo good.'
	expect_output '^other'
	rm "$(casts)"
	run agentauthctl session replay "$id"
	expect_output 'is gone: .*echo good'
	expect_output 'is gone: .*echo other'
	run agentauthctl session replay 0000
	expect_status 1
	expect_output 'there is no recording of a session whose id begins with 0000'
}
