#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The audit log in the words of others: each record is an event of OCSF and a document of ECS, as their published schemas have
# them (tests/schemas).
# shellcheck disable=SC2154,SC2034

load support
load agents
load sessions

CHECK=$BATS_TEST_DIRNAME/../schemas/check
SCHEMAS=$AGENTAUTH_BUILD/schemas
# A record of each event with each member, of ones that this version does not know, and hostile ones.
RECORDS=$BATS_TEST_DIRNAME/audit_export.records

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	groupadd --system agentauth-auditors
	useradd --create-home --groups agentauth-auditors vera
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	printf '#!/bin/sh\n' | install -m 0755 /dev/stdin /usr/local/sbin/stop-app
	host_init
	agentauthctl role add ops --service sshd --service sudo --sudo '(root) /usr/local/sbin/restart-app' \
		--approval '(root) /usr/local/sbin/stop-app' >/dev/null
	new_agent builder-7 ES256 --role ops --owner alice@example.com
	new_agent builder-8 ES256 --role deploy
	# A login by a credential and one by a key, what is refused of each kind, a command that waits for a person.
	ssh_with "$(token_file builder-7)" "builder-7@$HOST" true
	ssh_with "$(token_file builder-8)" "builder-7@$HOST" true || :
	by_key builder-7 'sudo -n restart-app; sudo -n id' || :
	stay builder-7 'sudo -n stop-app; touch answered'
	wait_until eval '[ "$(agentauthctl --json approval list | jq ".requests | length")" = 1 ]'
	agentauthctl approval deny "$(agentauthctl --json approval list | jq -r '.requests[0].id')" --why 'not now'
	wait_for_file builder-7 answered
	agentauthctl session kill --agent builder-7
	agentauthctl suspend builder-8 --why loud
	by_key builder-8 true || :
	agentauthctl resume builder-8
	agentauthctl role set deploy --max-session 1800
	install -D -m 0600 "$RECORDS" /root/records/audit.jsonl
	[ -d "$SCHEMAS/node_modules/@elastic/ecs" ] ||
		{ echo "the schema of ECS is missing: tests/from-npm tests/schemas BUILDDIR/schemas fetches it, as quickstart does" >&2; return 1; }
}

exports() { # FORMAT [OPTION]...: into the file of that name
	agentauthctl audit export "--$1" "${@:2}" >"$BATS_TEST_TMPDIR/$1"
}
fits() { # FORMAT, of standard input
	run "$CHECK" "$1" "$SCHEMAS"
	echo "# $1: ${lines[-1]}" >&3
	[ "$status" -eq 0 ] || { echo "$output" >&2; return 1; }
}
# What a jq program makes of the first record is no longer what the schema has.
breaks() { # FORMAT JQ PROBLEM
	run "$CHECK" "$1" "$SCHEMAS" < <(jq -c "$2" <(head -n 1 "$BATS_TEST_TMPDIR/$1"))
	expect_status 1
	expect_output "^line 1: $3"
}

@test "what happened on this host is OCSF, each record once, and each class is there" {
	exports ocsf
	[ "$(jq .metadata.sequence "$BATS_TEST_TMPDIR/ocsf")" = "$(jq .seq "$AUDIT")" ]
	fits ocsf <"$BATS_TEST_TMPDIR/ocsf"
	jq -se 'map(.class_uid) | unique | contains([1007, 3002, 3004, 3007, 3008])' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.type_uid == 100701 and .status == "Success" and .process.user.name == "root" and .actor.user.name == "builder-7"
		and (.process.cmd_line | test("restart-app"))) and any(.type_uid == 100702 and .exit_code == 0)' "$BATS_TEST_TMPDIR/ocsf"
	jq -se '[.[] | select(.type_uid == 300201)] | any(.status == "Success" and .user.name == "builder-7" and .ai_agent.instance_uid == .session.uid
			and .src_endpoint.ip == "127.0.0.1") and any(.status_code == "wrong_subject" and .severity == "Medium"
			and .status_detail == "it is another principal'"'"'s credential")' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.entity.type == "approval" and .activity_name == "denied" and .actor.user.name == "root" and .comment == "not now")' \
		"$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.type_uid == 300705 and .user.name == "builder-8")' "$BATS_TEST_TMPDIR/ocsf"
}

@test "what happened on this host is ECS, with our own members under agentauth" {
	exports ecs
	[ "$(jq .event.sequence "$BATS_TEST_TMPDIR/ecs")" = "$(jq .seq "$AUDIT")" ]
	fits ecs <"$BATS_TEST_TMPDIR/ecs"
	jq -se 'any(.event.category == ["authentication", "session"] and .event.outcome == "success" and .user.name == "builder-7"
		and .source.ip == "127.0.0.1" and .agentauth.session != null and .user.roles == ["ops"])' "$BATS_TEST_TMPDIR/ecs"
	jq -se 'any(.event.code == "agent_suspended" and .event.outcome == "failure" and .related.user == ["builder-8"])' "$BATS_TEST_TMPDIR/ecs"
}

@test "each event that there is, one that nobody knows yet and hostile ones fit, and keep what they say" {
	local seq
	exports ocsf --logdir /root/records
	exports ecs --logdir /root/records
	fits ocsf <"$BATS_TEST_TMPDIR/ocsf"
	fits ecs <"$BATS_TEST_TMPDIR/ecs"
	[ "$(jq -c .raw_data "$BATS_TEST_TMPDIR/ocsf" | jq -r .)" = "$(cat "$RECORDS")" ]
	[ "$(jq -r .event.original "$BATS_TEST_TMPDIR/ecs")" = "$(cat "$RECORDS")" ]
	# No two have one id, that which went round the lock neither.
	[ "$(jq -r .metadata.uid "$BATS_TEST_TMPDIR/ocsf" | sort | uniq -d)" = '' ]
	[ "$(jq -r .metadata.uid "$BATS_TEST_TMPDIR/ocsf")" = "$(jq -r .event.id "$BATS_TEST_TMPDIR/ecs")" ]
	jq -se 'any(.class_uid == 0 and .activity_name == "teleport" and .unmapped.colour == "green")' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.count == 41 and .status_code == "replayed" and .src_endpoint == {name: "2001:db8::/64"})' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.type_uid == 100702 and .exit_code == 3 and .process.pid == 4711)' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.type_uid == 100802 and .severity == "High" and (.status_detail | test("deleted or emptied")) and .log_name == "audit.jsonl")' \
		"$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.entity.type == "recording" and .entity.name == "824a623d-3" and .activity_name == "Create")' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.actor.user.name == "alice@example.com" and .ai_agent.name == "builder-7" and .session.issuer == "corp")' "$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.unmapped.metadata == 1 and .metadata.uid == "web01.example.com:21" and .unmapped.agent.name == "root" and .actor.user == null)' \
		"$BATS_TEST_TMPDIR/ocsf"
	jq -se 'any(.agentauth.user.name == "root" and .user == null)' "$BATS_TEST_TMPDIR/ecs"
}

@test "the control: what the schemas do not have is found" {
	exports ocsf --event auth
	exports ecs --event auth
	breaks ocsf 'del(.user)' 'user: required'
	breaks ocsf 'del(.metadata.product)' 'metadata\.product: required'
	breaks ocsf '.severity_id = 7' 'severity_id: 7 is not one of its numbers'
	breaks ocsf '.activity_id = 2' 'type_uid: '
	breaks ocsf '.status = "Failed"' 'status_id: '
	breaks ocsf '.time = "now"' "time: 'now' is no timestamp_t"
	breaks ocsf '.src_endpoint.ip = "there"' 'src_endpoint\.ip: '
	breaks ocsf '.user.shoe = 1' 'user\.shoe: user has no such attribute'
	breaks ocsf '.class_uid = 3999' 'class_uid: '
	breaks ocsf 'del(.service, .dst_endpoint)' ': none of service'
	breaks ocsf '.observables[0].type_id = 1000' 'observables\[0\]\.type_id: '
	breaks ecs 'del(.["@timestamp"])' '@timestamp: required'
	breaks ecs '.event.category = ["elsewhere"]' 'event\.category: '
	breaks ecs '.event.type = ["deletion"]' "event\.type: 'deletion' is not expected"
	breaks ecs '.related.user = "x"' 'related\.user: no list'
	breaks ecs '.source.ip = "there"' 'source\.ip: '
	breaks ecs '.event.sequence = "1"' "event\.sequence: '1' is no long"
	breaks ecs '.shoe = "x"' 'shoe: ECS has no such field'
	run "$CHECK" ocsf </dev/null
	expect_status 1
	fits ocsf <"$BATS_TEST_TMPDIR/ocsf"
	fits ecs <"$BATS_TEST_TMPDIR/ecs"
}

@test "the chain can be followed in what was exported, and a second export is the same" {
	exports ocsf
	# The fingerprint of each line is what the next one has of it, and that of raw_data.
	jq -se '[.[].attestation_list[0]] | [range(1; length) as $i | .[$i].prev_event.fingerprint.value == .[$i - 1].fingerprint.value] | all' \
		"$BATS_TEST_TMPDIR/ocsf"
	jq -r 'select(.metadata.sequence == 3) | .raw_data' "$BATS_TEST_TMPDIR/ocsf" | tr -d '\n' | sha256sum |
		grep -F "$(jq -r 'select(.metadata.sequence == 3) | .attestation_list[0].fingerprint.value' "$BATS_TEST_TMPDIR/ocsf")"
	cp "$BATS_TEST_TMPDIR/ocsf" "$BATS_TEST_TMPDIR/first"
	exports ocsf
	cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/ocsf"
}

@test "the filters are those of audit show, and a slip is told" {
	exports ocsf --agent builder-8 --result denied --since 1h
	[ "$(jq .metadata.sequence "$BATS_TEST_TMPDIR/ocsf")" = "$(jq 'select(.agent == "builder-8" and .result == "denied") | .seq' "$AUDIT")" ]
	run agentauthctl audit export
	expect_status 2
	expect_output 'the format is --ocsf or --ecs'
	run agentauthctl audit export --ocsf --ecs
	expect_status 2
	run agentauthctl audit export --ecs --since 2026-01-02 --until 2026-01-01
	expect_status 2
	expect_output 'nothing is between them'
	run agentauthctl audit export --ecs --agent nobody-here
	expect_status 0
	[ -z "$output" ]
}

@test "an auditor exports without root, and nobody else does" {
	run as vera sudo -n agentauth-auditor audit export --ecs --agent builder-7
	expect_status 0
	fits ecs <<<"$output"
	run as vera /usr/sbin/agentauthctl audit export --ecs
	expect_status 1
	run as vera sudo -n agentauth-auditor audit export --ecs --logdir /root/records
	[ "$status" -ne 0 ]
	# The position is written to a file of any name, as root.
	run as vera sudo -n agentauth-auditor audit export --ecs --position /home/vera/position
	[ "$status" -ne 0 ]
	[ ! -e /home/vera/position ]
}

# What a collector gets of a log that is written, turned and packed meanwhile.
follows() { # appends to the file "followed"
	agentauthctl audit export --ecs --follow --position /root/position >>/root/followed 2>/root/follow.err 3>&- &
	echo $! >/root/follow.pid
	disown
}
follows_no_more() {
	kill "$(cat /root/follow.pid)"
	wait_until eval '! kill -0 "$(cat /root/follow.pid)" 2>/dev/null'
}
has_all() { # every record of the log, once and in order
	jq .event.sequence /root/followed >/root/followed.seq
	seq 1 "$(jq -s 'map(.seq) | max' "$AUDIT")" | cmp -s - /root/followed.seq
}

@test "--follow gives a collector every record once, over a turned and packed log, and --position over its own restarts" {
	follows
	wait_until has_all
	agentauthctl suspend builder-8
	wait_until has_all
	mv "$AUDIT" "$AUDIT.1"
	agentauthctl resume builder-8
	wait_until has_all
	follows_no_more
	# What came, and was turned and packed, while nobody exported.
	agentauthctl suspend builder-8
	mv "$AUDIT.1" "$AUDIT.2" && gzip "$AUDIT.2"
	mv "$AUDIT" "$AUDIT.1"
	agentauthctl resume builder-8
	follows
	wait_until has_all
	follows_no_more
	# Without --follow it gives what is new, and ends.
	agentauthctl suspend builder-8
	agentauthctl resume builder-8
	run agentauthctl audit export --ecs --position /root/position
	expect_status 0
	[ "${#lines[@]}" -eq 2 ]
	run agentauthctl audit export --ecs --position /root/position
	expect_status 0
	[ -z "$output" ]
	[ ! -s /root/follow.err ]
}

@test "a position that is none, or of the other log, is refused, and so is an end of what goes on" {
	run agentauthctl audit export --ecs --position /root/position --programs
	expect_status 1
	expect_output '/root/position: it is a position in the other log$'
	echo '{' >/root/broken
	run agentauthctl audit export --ecs --position /root/broken
	expect_status 1
	expect_output '/root/broken: it is no position in a log; without the file all is exported again'
	run agentauthctl audit export --ecs --follow --until 14:00
	expect_status 2
	expect_output '\-\-follow has no end, and --until is one'
}

@test "the log of programs is exported as the audit log is" {
	run agentauthctl audit export --ocsf --programs
	expect_status 1
	expect_output 'there is no log of programs in /var/log/agentauth yet'
	grep '"event":"exec"' "$RECORDS" | install -m 0600 /dev/stdin /root/records/exec.jsonl
	agentauthctl --logdir /root/records audit export --ocsf --programs >"$BATS_TEST_TMPDIR/ocsf"
	jq -se 'length > 0 and all(.[]; .type_uid == 100701 and .metadata.log_name == "exec.jsonl")' "$BATS_TEST_TMPDIR/ocsf"
}

@test "the page for who runs a SIEM has the tables of the mapping" {
	local top=$BATS_TEST_DIRNAME/../..
	diff <("$top/tests/schemas/table") "$top/doc/siem.md"
	grep -q '^| `session-open` .*Logon' "$top/doc/siem.md"
}

@test "each event that the sources have is in the mapping" {
	local top=$BATS_TEST_DIRNAME/../.. event n=0
	while read -r event; do
		n=$((n + 1))
		grep -q "^EVENT($event, " "$top/tools/agentauthctl/commands/audit/export.def" || { echo "no EVENT($event, …)" >&2; return 1; }
	done < <(grep -rhoE --include='*.c' '(\.event = |"event", )"[a-z-]+"' "$top"/{common,pam,sudo,tools} | grep -oE '"[a-z-]+"$' | sort -u)
	[ "$n" -gt 5 ]
}
