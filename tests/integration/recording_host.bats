#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Recordings on a host: a full disk, people's sudo, doctor, and what a hostile recording does to the terminal of its reader.

load support
load people
load agents
load sessions

RECORDINGS=/var/log/agentauth/recordings

setup_file() {
	cat /etc/sudo.conf /usr/share/agentauth/sudo.conf >/root/sudo.conf.without
	sed 's/^#Plugin/Plugin/' /usr/share/agentauth/sudo.conf | cat /etc/sudo.conf - >/root/sudo.conf.with
	cp /root/sudo.conf.with /etc/sudo.conf
	host_init
	agentauthctl role add taped --service sshd --service sudo --sudo '(root) /usr/bin/sh' --record tty --accept-risk >/dev/null 2>&1
	new_agent builder-7 ES256 --role taped
	by_key builder-7 true
	install -m 0440 /dev/stdin /etc/sudoers.d/alice <<<'alice ALL=(ALL) NOPASSWD: ALL'
}

setup() {
	log_mark
	audit_mark
	rm -rf "$RECORDINGS"
}

teardown() {
	cp /root/sudo.conf.with /etc/sudo.conf
	! mountpoint -q "$RECORDINGS" || umount "$RECORDINGS"
	rm -f /etc/sudoers.d/alice-log
}

small_disk() { # SIZE
	install -d -m 0700 "$RECORDINGS"
	mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$RECORDINGS"
}
audit_failure() { # WORD
	sed -i '/audit_failure/d; s/^host = {$/&\n\taudit_failure = "'"$1"'";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}

@test "a disk that fills up under a recording: the command is ended, or goes on by the host's policy, and says so" {
	small_disk 2M
	run by_key builder-7 'sudo -n sh -c "head -c 4000000 /dev/zero | tr \"\\\\0\" x; sleep 5; echo on >/root/went-on"; echo "status $?"'
	expect_output 'the disk that recordings are on is nearly full: this command must be recorded, and is ended'
	expect_no_output '^status 0$'
	expect_audit '.event == "recording" and .step == "failed" and .result == "denied" and .reason == "audit_unavailable" and .why'
	[ ! -e /root/went-on ]
	audit_failure warn
	audit_mark
	run by_key builder-7 'sudo -n sh -c "echo on"; echo "status $?"'
	expect_output 'nearly full: what follows is not recorded'
	expect_output '^on$'
	expect_output '^status 0$'
	expect_audit '.event == "recording" and .step == "failed" and .result == "error"'
	audit_failure deny
	run by_key builder-7 'sudo -n sh -c "echo on"; echo "status $?"'
	expect_output 'nearly full: this command must be recorded, and is ended'
	expect_no_output '^on$'
	expect_output '^status 1$'
	# The same with room.
	umount "$RECORDINGS"
	run by_key builder-7 'sudo -n sh -c "echo on"; echo "status $?"'
	expect_output '^on$'
	expect_output '^status 0$'
}

@test "an agent that has filled what it may have gets no more, and what it has stays" {
	by_key builder-7 'sudo -n sh -c "echo kept"'
	echo 2147483648 >"$RECORDINGS/builder-7/bytes"
	run by_key builder-7 'sudo -n sh -c "echo on"'
	expect_status 1
	expect_output 'the recordings of this agent have reached 2 GiB: this command must be recorded, and is ended'
	[ "$(find "$RECORDINGS" -name '*.cast' | wc -l)" -eq 1 ]
	# The sweep counts what is there.
	touch -d '2 hours ago' "$RECORDINGS/tidied"
	agentauthctl session reap >/dev/null
	run by_key builder-7 'sudo -n sh -c "echo on"'
	expect_output '^on$'
}

# What a person's sudo is like: its files, its terminal, its processes, its signals, its limits.
what_a_person_sees() {
	rm -f /home/alice/f /home/alice/b
	as alice sh -c 'cd; sudo -n readlink /proc/self/fd/1 | sed "s/[0-9]\+/N/"; sudo -n readlink /proc/self/fd/0 </dev/null
		sudo -n readlink /proc/self/fd/1 >f; cat f; sudo -n sh -c "exit 7"; echo "$?"; sudo -n sh -c "kill -TERM \$\$"; echo "$?"
		yes | sudo -n head -n 1; sudo -n yes | head -n 1
		ulimit -n 100; sudo -n sh -c "ulimit -n"; sudo -n -b sh -c "sleep 0.2; echo back >b"; sleep 1; cat b
		sudo -n sh -c "ps -o comm= -p \$PPID; ps -o comm= --ppid \$PPID"' 2>&1
	# expect(1) has a terminal of its own for it.
	as alice expect -f - <<-'END' | tr -d '\r' | grep -oE '=(st|int)[0-9]+=|33 99|^/dev/pts'
		set timeout 20
		spawn -noecho bash --norc
		send "PS1=; stty rows 33 columns 99; sudo -n stty size; sudo -n tty | cut -c 1-9; echo rea''dy\r"
		expect ready
		send "sudo -n sleep 99\r"
		sleep 1
		send "\032"
		expect Stopped
		send "kill %1; fg; echo =st\$?=\r"
		expect -re {=st[0-9]+=}
		send "sudo -n sleep 98\r"
		sleep 1
		send "\003"
		sleep 1
		send "echo =int\$?=\r"
		expect -re {=int[0-9]+=}
		send "exit\r"
		expect eof
	END
}

@test "a person's sudo is with the line what it is without, and its own log_output goes on" {
	cp /root/sudo.conf.without /etc/sudo.conf
	what_a_person_sees >"$BATS_TEST_TMPDIR/without"
	cp /root/sudo.conf.with /etc/sudo.conf
	what_a_person_sees >"$BATS_TEST_TMPDIR/with"
	cat "$BATS_TEST_TMPDIR/with"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/with")" -ge 15 ]
	diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
	[ ! -e "$RECORDINGS" ]
	install -m 0440 /dev/stdin /etc/sudoers.d/alice-log <<<'Defaults:alice log_output, iolog_dir=/root/iolog'
	as alice sudo -n echo seen >/dev/null
	grep -rqz . /root/iolog
	[ "$(find /root/iolog -name stdout | wc -l)" -eq 1 ]
}

@test "a person's sudo costs about the same with the line" {
	local conf t TIMEFORMAT='%U %S'
	declare -A took=([with]=0 [without]=0)
	for _ in 1 2 3; do
		for conf in with without; do
			cp "/root/sudo.conf.$conf" /etc/sudo.conf
			t=$({ time as alice sh -c 'for i in $(seq 20); do sudo -n true; done' >/dev/null 2>&1; } 2>&1)
			took[$conf]=$((took[$conf] + $(awk '{printf "%d", ($1 + $2) * 1000}' <<<"$t")))
		done
	done
	echo "# a person's sudo: ${took[with]} ms of processor time with the line, ${took[without]} without, 60 each" >&3
	[ "${took[with]}" -lt "$((took[without] * 3 / 2))" ]
}

cure_of() { # CHECK <FINDINGS
	jq -r --arg check "$1" '.findings[] | select(.check == $check) | .cure // empty'
}

@test "doctor says where sudo does not record what it should, or people's log_output is lost, and how to mend it" {
	run agentauthctl --json doctor
	expect_output 'sudo records what the commands of taped show'
	cp /root/sudo.conf.without /etc/sudo.conf
	run agentauthctl --json doctor
	expect_output 'what the commands of taped show should be recorded, and sudo does not load the plugin that does'
	sh -e -c "$(cure_of terminals <<<"$output")"
	run agentauthctl --json doctor
	expect_output 'sudo records what the commands of taped show'
	sed -i '/sudoers_io/d' /etc/sudo.conf
	run agentauthctl --json doctor
	expect_output "not sudo's own beside it, so that log_output in sudoers logs nothing"
	sh -e -c "$(cure_of terminals <<<"$output")"
	run agentauthctl --json doctor
	expect_output 'sudo records what the commands of taped show'
	person_runs_sudo
}

@test "a hostile recording does nothing to its reader's terminal but draw, and leaves it as it was" {
	local id
	printf 'a\033]0;title\007b\033]52;c;eA==\007c\033[6nd\033[ce\033P$qm\033\\f\033[?1003hg\033[5ih\033[?1049h\033[?25li\033[31mj' >/root/evil
	run by_key builder-7 'sudo -n sh -c "cat /root/evil"'
	id=$(basename "$RECORDINGS"/builder-7/*.cast | cut -c 1-8)
	run script -q -e -c "agentauthctl session replay $id" /dev/null </dev/null
	expect_output "$(printf 'abcdefgh\033\\[\\?1049h\033\\[\\?25li\033\\[31mj\033\\[\\?25h\033\\[\\?1049l\033\\[0m')"
	run agentauthctl session replay "$id"
	expect_output '^abcdefghij$'
	run agentauthctl session replay "$id" --asciicast -
	expect_no_output 'title.u0007|eA==|1003'
	run agentauthctl session replay "$id" --asciicast - --raw
	expect_output 'title.u0007'
	# Interrupted, it leaves the terminal as it was too.
	by_key builder-7 'sudo -n sh -c "cat /root/evil; sleep 30" & sleep 1; sudo -n sh -c "pkill -f \"^sleep 30\""' || :
	run expect -c "
		set timeout 20
		spawn -noecho agentauthctl session replay $(basename "$(find "$RECORDINGS" -name '*.cast' -newer "$RECORDINGS/builder-7/bytes" -o -name '*.cast' | sort -t . -k 2 | tail -n 2 | head -n 1)" | cut -c 1-32) --command 1 --speed 0.05
		expect abcdefgh
		sleep 0.3
		send \"\\003\"
		expect -ex \"\\033\[?25h\\033\[?1049l\"
		expect interrupted
		expect eof"
	expect_status 0
	expect_output 'interrupted'
}
