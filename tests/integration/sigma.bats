#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The rules of Sigma on a real log: what each is about is done here, and a small evaluator (tests/monitoring/sigma) has it find
# these lines and no others. jq says independently which they are.
# shellcheck disable=SC2154

load support
load agents
load sessions
load monitoring

RULES=/usr/share/agentauth/sigma

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/bin/id' >/dev/null
	agentauthctl role add brief --service sshd --max-session 5 >/dev/null
	new_agent builder-7 ES256 --role deploy --role ops
	new_agent other ES256 --role deploy
	new_agent brief ES256 --role brief
	stay brief 'exec sleep 600'
	outlives=$client
	hold_up
	by_credential
	by_sudo
	by_people
	wait "$held"
	agentauthctl session reap --grace 0
	wait "$outlives" || :
	agentauthctl role add early --service sshd
	sed -i '$d' "$AUDIT"
	agentauthctl role add late --service sshd
	append_others
	cp -a "$LOGDIR" /var/log-as-written
}
log_in() { # AGENT [OPTION OF FORGE]...
	ssh_with "$(token_file "$@")" "$1@$HOST" true || :
}

by_credential() {
	local token kid i
	token=$(token_file builder-7)
	ssh_with "$token" "builder-7@$HOST" true
	ssh_with "$token" "builder-7@$HOST" true || :
	kid=$(agentauthctl --json show builder-7 | jq -r '.agent.keys[0].kid')
	for ((i = 0; i < 5; i++)); do log_in builder-7 --key "$KEYS/other.pem" --header "kid=\"$kid\""; done
	log_in builder-7 --claim 'sub="other"'
	log_in builder-7 --claim exp=@-600 --claim iat=@-660
	agentauthctl set other --source 192.0.2.0/24
	by_key other true || :
	agentauthctl set other --source 127.0.0.0/8 --no-source 192.0.2.0/24
	by_key other true
	agentauthctl suspend other
	by_key other true || :
	agentauthctl resume other
	agentauthctl revoke --kid "$(agentauthctl --json show other | jq -r '.agent.keys[0].kid')"
	by_key other true || :
	log_in other
	agentauthctl retire other
	by_key other true || :
}

by_sudo() {
	by_key builder-7 'sudo -n restart-app; for i in 1 2 3 4 5; do sudo -n whoami; done' || :
	setpriv --reuid builder-7 --regid builder-7 --clear-groups sudo -n restart-app || :
	setpriv --reuid bob --regid "$(getent group agent-deploy | cut -d: -f3)" --clear-groups sudo -n restart-app || :
}

by_people() {
	local id
	stay builder-7 'sudo -n id'
	wait_until waits
	id=$(agentauthctl --json approval list | jq -r '.requests[0].id')
	agentauthctl approval deny "$id" --why 'not today'
	wait "$client" || :
	agentauthctl role add wild --sudo '(root) /usr/bin/less' --accept-risk
	su -s /bin/sh builder-7 -c true </dev/null
}
waits() {
	[ "$(agentauthctl --json approval list | jq '.requests | length')" -eq 1 ]
}

# Lines that the rules leave out beside one that they find, as their writers write them: that the clock was set back, and what
# the recorder of programs says of itself.
append_others() {
	append_line '{"event":"exec-gap","service":"record","result":"error","reason":"internal","since":"2099-01-01T00:00:00Z"}'
	append_line '{"event":"exec-mark","service":"record","result":"ok","reason":"ok"}'
	append_line '{"event":"log","service":"agentauth","result":"error","reason":"internal","found":"clock_back"}'
}

# Somebody has the log's lock for longer than a command of ours waits.
hold_up() {
	flock "$LOGDIR/audit.lock" sleep 7 3>&- &
	sleep 0.3
	agentauthctl role add held --service sshd 3>&- >/dev/null 2>&1 &
	held=$!
	wait_until test -s "$LOGDIR/audit.jsonl"
	sleep 7
}

# The lines that the rule finds are those for which jq's condition is true, and there are others of the same event, or of
# the event that is named.
finds() { # RULE JQ [EVENT]
	local found wanted
	found=$("$TOP/tests/monitoring/sigma" "$RULES/agentauth_$1.yml" "$AUDIT" | grep -v correlation || :)
	wanted=$(jq "select($2) | .seq" "$AUDIT")
	[ -n "$wanted" ] || { echo "$1: nothing was done that it is about" >&2; return 1; }
	[ "$found" = "$wanted" ] || { printf '%s found:\n%s\nand not:\n%s\n' "$1" "$found" "$wanted" >&2; return 1; }
	jq -e -s "(map(select($2)) | map(.event)) as \$events | map(select(($2) | not) | .event) | any(IN(\$events[], \"${3:-}\"))" "$AUDIT" >/dev/null ||
		{ echo "$1: no line of its events is left out" >&2; return 1; }
}
reaches() { # RULE NUMBER JQ: of the lines of that condition the one with this number
	run "$TOP/tests/monitoring/sigma" "$RULES/agentauth_$1.yml" "$AUDIT"
	expect_output "^correlation $(jq -s "map(select($3))[$2 - 1].seq" "$AUDIT")\$"
}

@test "each rule has its form, and names members that the log has" {
	run "$TOP/tests/monitoring/sigma" --check "$TOP/man/agentauth-audit.5" "$RULES"/*.yml
	expect_status 0
	expect_output '^17 files, 19 rules$'
	diff <(ls "$RULES") <(cd "$TOP/etc/sigma" && ls)
}

@test "what is presented: a replay, false signatures, revoked, suspended and retired, another's, from elsewhere" {
	finds replayed '.event == "auth" and .reason == "replayed"'
	finds bad_signature '.event == "auth" and .reason == "bad_signature"'
	finds not_its_own '.event == "auth" and .reason == "wrong_subject"'
	finds source '.agent == "other" and .reason == "source_denied"'
	finds suspended '.agent == "other" and .reason == "agent_suspended"'
	finds revoked '.agent == "other" and .reason == "revoked"'
	finds gone '.agent == "other" and .reason == "agent_retired"'
}

@test "sudo: refused by the role, outside of a session, by a stranger with the group of a role" {
	finds sudo_refused '.event == "sudo-asked" and .result == "denied"'
	finds no_session '.event == "sudo-asked" and .reason == "no_session"'
	finds role_group '.event == "sudo-asked" and .reason == "group_denied"'
}

@test "people and the log: a no, a risk that was accepted, root by hand, a session that was ended, a lock that was held" {
	finds approval_denied '.step == "denied"'
	finds accepted_risk '.event == "admin" and ((.command // "") | test("--accept-risk"))'
	finds root_by_hand '.kind == "entry" and .event == "session-open" and .service == "su"'
	finds outlived '.agent == "brief" and .event == "session-close" and .service == "agentauthctl"'
	finds log_trouble '.unchained == true'
	finds recorder_gap '.event == "exec-gap"' exec-mark
	finds log_lost '.found == "log_cut"'
}

@test "a burst is reached by the fifth line within its time, and not by four" {
	reaches bad_signature 5 '.reason == "bad_signature"'
	reaches sudo_refused 5 '.reason == "role_denied"'
	jq -c 'select(.reason != "role_denied" or .seq % 2 == 0)' "$AUDIT" >"$BATS_TEST_TMPDIR/fewer"
	[ "$(grep -c role_denied "$BATS_TEST_TMPDIR/fewer")" -gt 1 ]
	run "$TOP/tests/monitoring/sigma" "$RULES/agentauth_sudo_refused.yml" "$BATS_TEST_TMPDIR/fewer"
	expect_output '^correlation none$'
}

@test "metrics count the line that went round the lock, and the one that was cut off: as it is missing, and as the log says so" {
	mkdir -p "$TEXTFILES"
	run metrics
	expect_value 'agentauth_audit_found_total{found="log_cut"}' 1
	expect_value agentauth_audit_unchained_total "$(grep -c '"unchained":true' "$AUDIT")"
	expect_value 'agentauth_audit_faults_total{kind="removed"}' 1
}
