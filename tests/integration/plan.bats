#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What would be published is shown in words before it is: per role, issuer and agent, with dates and durations; what takes
# something away is asked about; the log has what differed. What is printed is held to the letter.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats sets status and output, golden.bash reads MASK
load support
load agents
load golden

CONF=/etc/agentauth/agentauth.conf
AGENTS=/etc/agentauth/agents.d
MASK='s/^[0-9]+ things in it are unwise/N things in it are unwise/' # which these are, check.bats holds

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy --owner alice@example.com --kid first --expires 2030-01-01
	new_agent tester ES256 --role logs --kid tester
	dev agentauth keygen --alg ES256 --out "$KEYS/second.pem" >"$KEYS/second.pub" 2>/dev/null
}

setup() {
	audit_mark
}

generation() {
	basename "$(readlink /var/lib/agentauth/current)"
}
# What the log says that the command changed.
logged() {
	audit_since_mark | jq -r 'select(.event == "admin") | .command'
}

# Many things at once, by hand: a key is disabled and another comes, an end moves, a rule and a service come and go.
edit_by_hand() {
	sed -i 's|(root) /usr/local/sbin/restart-app|&", "(root) /usr/bin/systemctl restart app|; s|"su", ||
		s|max_session = 3600|max_session = 28800|; s|clock_skew = 30|clock_skew = 60|' $CONF
	sed -i 's|alice@|bob@|; s|2030-01-01|2031-06-30|; s|kid = "first";|& state = "disabled";|' $AGENTS/builder-7.conf
	sed -i "s|^keys = (|&\n\t{ kid = \"second\"; not_after = \"2029-01-01T00:00:00Z\"; pem = \"$(paste -sd '%' "$KEYS/second.pub")\"; },|; s|%|\n|g" \
		$AGENTS/builder-7.conf
	printf 'uid = 70009;\nroles = [ "deploy", "logs" ];\nowner = "carol";\nsources = [ "10.0.0.0/8" ];\n' >$AGENTS/fresh.conf
}

@test "a plan says in words what differs: rules, services, durations, dates, and what of a key" {
	edit_by_hand
	turn diff agentauthctl diff
	run --separate-stderr agentauthctl diff --json
	expect_status 0
	[ "$(jq -r '.changes.changed[] | select(.name == "deploy") | .kind, .agents[], .words[0]' <<<"$output" | paste -sd '|')" = \
		'role|builder-7|fresh|services: - su' ]
	[ "$(jq -r '.changes.added[] | .kind, .name' <<<"$output" | xargs)" = 'agent fresh' ]
	turn pending agentauthctl set tester --owner dave
	turn dry-run agentauthctl apply --dry-run
	turn apply agentauthctl apply
	turn nothing-left agentauthctl diff
}

@test "the log has what differed, with keys by their ids alone, and is bounded" {
	local i rules=''
	agentauthctl set builder-7 --key "$KEYS/tester.pub" --kid third --no-key second >/dev/null
	[ "$(logged | sed -n 2p)" = "agent builder-7 changed by set builder-7 --key $KEYS/tester.pub --kid third --no-key second: key second: removed; key third: added, active, good for ever" ]
	expect_audit '.event == "admin" and .agent == "builder-7" and (.command | contains("key third: added"))'
	run audit_since_mark
	expect_no_output 'BEGIN PUBLIC KEY|"x":|AAAA'
	for ((i = 0; i < 40; i++)); do
		rules+=" --sudo '(root) /usr/local/sbin/restart-app --with-a-long-argument $i'"
	done
	audit_mark
	eval "agentauthctl role set logs $rules" >/dev/null
	expect_audit '.roles == ["logs"] and (.command | startswith("role logs changed by role set logs") and contains("…: sudo: + (root) ") and endswith("…") and utf8bytelength <= 1040) and .command_length > 1040'
	agentauthctl rollback >/dev/null
	expect_audit '.roles == ["logs"] and (.command | startswith("role logs changed by rollback: sudo: - (root) "))'
	agentauthctl apply >/dev/null
	agentauthctl set builder-7 --no-key third >/dev/null
}

@test "what takes something away is asked about on a terminal, and needs --yes elsewhere" {
	local before
	before=$(generation)
	agentauthctl register leaver --role logs >/dev/null
	mv $AGENTS/leaver.conf /run/
	turn removed-no-terminal agentauthctl apply </dev/null
	turn removed-no script -qec 'agentauthctl apply' /dev/null <<<n
	[ "$(generation)" = $((before + 1)) ]
	# The same text without that removal goes through unasked.
	mv /run/leaver.conf $AGENTS/
	run agentauthctl apply </dev/null
	expect_status 0
	rm $AGENTS/leaver.conf
	turn removed-yes script -qec 'agentauthctl apply' /dev/null <<<y
	[ "$(generation)" = $((before + 2)) ]
	[[ "$(logged)" == *'agent leaver retired by apply'* ]]
}

@test "an issuer is asked about too, but not where the command names it" {
	local add='agentauthctl issuer add corp --issuer https://idp.example.com --audience api://hosts --jwks-uri https://idp.example.com/keys'
	$add >/dev/null
	cp $CONF /run/with-issuer
	run agentauthctl issuer remove corp </dev/null
	expect_status 0
	cp $CONF /run/without-issuer
	cp /run/with-issuer $CONF
	turn issuer-added agentauthctl apply
	cp /run/without-issuer $CONF
	turn issuer-gone agentauthctl apply </dev/null
	turn issuer-gone-no script -qec 'agentauthctl apply' /dev/null <<<n
	run agentauthctl apply --yes </dev/null
	expect_status 0
	expect_output '^  - issuer corp$'
}

@test "two generations are held against each other in the same words" {
	local now
	now=$(generation)
	agentauthctl set tester --expires 2028-02-29 >/dev/null
	agentauthctl role set logs --max-session 90m --no-service sudo >/dev/null
	turn diff-one agentauthctl diff "$now"
	turn diff-two agentauthctl diff $((now + 2)) $((now + 1))
	turn diff-same agentauthctl diff "$now" "$now"
	turn diff-none agentauthctl diff 999
	run --separate-stderr agentauthctl diff "$now" $((now + 1)) --json
	expect_status 0
	[ "$(jq -r '.from, .to, .changes.changed[0].words[]' <<<"$output" | paste -sd '|')" = \
		"$now|$((now + 1))|expires: never -> 2028-02-29T00:00:00Z" ]
}

@test "a rollback shows what it takes back, asks in the same way, and says what it leaves alone" {
	local before
	before=$(generation)
	agentauthctl register newcomer --role logs >/dev/null
	agentauthctl suspend tester >/dev/null
	agentauthctl revoke --kid first >/dev/null
	agentauthctl elevate builder-7 --role logs --for 1h --why 'to look on' >/dev/null
	turn rollback-dry-run agentauthctl rollback --dry-run
	turn rollback-no-terminal agentauthctl rollback </dev/null
	turn rollback-no script -qec 'agentauthctl rollback' /dev/null <<<n
	[ "$(generation)" = $((before + 1)) ]
	run --separate-stderr agentauthctl rollback --json </dev/null
	expect_status 1
	[ "$(jq -r '.changes.removed[] | .kind, .name' <<<"$output" | xargs)" = 'agent newcomer' ]
	run agentauthctl rollback </dev/null
	cured_by root 'agentauthctl rollback [0-9]+ --yes'
	[ "$(generation)" = "$before" ]
	expect_audit '.agent == "newcomer" and (.command | test("^agent newcomer left out by rollback [0-9]+ --yes$"))'
	run getent passwd newcomer
	expect_status 2
	agentauthctl apply >/dev/null
	getent passwd newcomer >/dev/null
	turn rollback-yes script -qec 'agentauthctl rollback' /dev/null <<<y
	agentauthctl apply >/dev/null
	# What takes nothing away is not asked about.
	agentauthctl set newcomer --owner erin >/dev/null
	turn rollback-unasked agentauthctl rollback </dev/null
	agentauthctl apply >/dev/null
	agentauthctl retire newcomer >/dev/null
	turn rollback-retired agentauthctl rollback </dev/null
	agentauthctl apply --yes >/dev/null
}
