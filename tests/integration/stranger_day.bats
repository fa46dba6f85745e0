#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A stranger's day: the tasks and mistakes of stranger_day.txt, one after another on one host. `help` leads to the command
# of each, and each answer is held to the letter.

load support
load golden

TASKS=$BATS_TEST_DIRNAME/stranger_day.txt

setup_file() {
	install -d -m 0700 -o dev -g dev /home/dev/keys
	printf '#!/bin/sh\nexit 0\n' >/usr/local/sbin/restart-app
	chmod 755 /usr/local/sbin/restart-app
}

# The lines of a task.
task() { # N
	awk -v n="$1" '/^= /{ on = $2 == n } on' "$TASKS"
}

# By the words alone: the line of each command that was typed has one of them in `agentauthctl help`, and all stand there
# or in the commands' own help. A command that is not there is a mistake of the task.
help_leads_to() { # N WORD...
	local n=$1 command line all='' word on_line
	shift
	for command in $(task "$n" | sed -nE 's/^\$~? agentauthctl ([a-z]+).*/\1/p' | sort -u); do
		line=$(agentauthctl help | awk -v c="$command" '/^  [a-z]/{ on = $1 == c } /^$/{ on = 0 } on')
		[ "$line" ] || continue
		on_line=
		for word in "$@"; do
			! grep -qiw -e "$word" <<<"$line" || on_line=yes
		done
		[ "$on_line" ] || { echo "help does not lead to $command by: $*"; return 1; }
		all+=$line$(agentauthctl "$command" --help)
	done
	for word in "$@"; do
		grep -qiw -e "$word" <<<"$all" || { echo "help does not have the word $word of task $n"; return 1; }
	done
}

# What a person types, in root's home. $~: the answer depends on the host, so that only its patterns are held.
typing() { # LINE
	local rc=0
	echo "root@web01:~# ${1#* }"
	(cd /root && bash -c "${1#* }" </dev/null) >"$BATS_TEST_TMPDIR/answer" 2>&1 || rc=$?
	case $1 in
	'$~ '*) ;;
	*) cat "$BATS_TEST_TMPDIR/answer" ;;
	esac
	echo $rc >"$BATS_TEST_TMPDIR/status"
}

# Status and patterns of the command that came last.
answered() { # STATUS
	[ "$(cat "$BATS_TEST_TMPDIR/status")" -eq "$1" ] && return
	echo "the exit status is $(cat "$BATS_TEST_TMPDIR/status"), and not $1"
	cat "$BATS_TEST_TMPDIR/answer"
	return 1
}

# Does the task and prints what a person sees of it.
do_task() { # N
	local line typed='' words='' wanted=0
	while IFS= read -r line; do
		case $line in
		'= '*) echo "${line#= * }" ;;
		'help: '*) words=${line#help: } ;;
		'% '*)
			[ -z "$typed" ] || answered "$wanted" || return
			typed=
			bash -e -c "dev() { setpriv --reuid dev --regid dev --init-groups --reset-env -- \"\$@\"; }; ${line#% }" >/dev/null 2>&1 </dev/null ||
				{ echo "failed: $line"; return 1; }
			;;
		'$'*)
			[ -z "$typed" ] || answered "$wanted" || return
			typed=$line wanted=0
			typing "$line"
			;;
		'? '*) wanted=${line#? } ;;
		'> '*) grep -Eq -e "${line#> }" "$BATS_TEST_TMPDIR/answer" || { echo "no line matches ${line#> }"; cat "$BATS_TEST_TMPDIR/answer"; return 1; } ;;
		esac
	done < <(task "$1")
	[ -z "$typed" ] || answered "$wanted" || return
	# shellcheck disable=SC2086  # words
	help_leads_to "$1" $words
}

tasks() { # FROM TO
	local n
	for ((n = $1; n <= $2; n++)); do
		turn "$(printf 'task-%02d' "$n")" do_task "$n"
		expect_status 0
	done
}

@test "tasks 1 to 11: a host, a role, the first agents, and the mistakes that come with them" {
	tasks 1 11
}
@test "tasks 12 to 20: why an agent is refused, what it may do, and keys that are new, lost and old" {
	tasks 12 20
}
@test "tasks 21 to 30: an incident, who did what, and what is mistyped in a hurry" {
	tasks 21 30
}
@test "tasks 31 to 36: the text, edited by two, published, and brought back" {
	tasks 31 36
}
@test "tasks 37 to 45: rights for a time, what is over and goes on after all, and who may help" {
	tasks 37 45
}
@test "there are forty tasks and more, and all are done here" {
	run grep -c '^= ' "$TASKS"
	[ "$output" -ge 40 ]
	[ "$(grep '^= ' "$TASKS" | awk '{ print $2 }' | xargs)" = "$(seq "$output" | xargs)" ]
	[ "$output" -eq 45 ]
}
