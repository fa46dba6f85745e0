#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# What is refused: each with its own reason in the audit log, and with the same words to the client. Each stands beside
# a login that differs in the one thing and is accepted.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	new_agent other ES256
	new_agent rsa RS256
	dev agentauth keygen --alg RS256 --bits 4096 --out "$KEYS/rsa4096.pem" >"$KEYS/rsa4096.pub" 2>/dev/null
	agentauthctl register rsa4096 --role deploy --key "$KEYS/rsa4096.pub" >/dev/null
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	end_second_sshd
}

accepted() { # AGENT [OPTION OF FORGE]...
	run ssh_with "$(token_file "$@")" "$1@$HOST" id -un
	expect_status 0 && expect_output "^$1\$" &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\" and .reason == \"ok\""
}

# The same words for every refusal, and no command run.
words_are_the_same() { # AGENT
	expect_status 255 &&
		[ "${output%$'\r'}" = "$1@$HOST: Permission denied (publickey,keyboard-interactive)." ] && return
	printf 'the client was told: %s\n' "$output" >&2
	return 1
}
refused() { # REASON AGENT [OPTION OF FORGE]...
	local reason=$1
	shift
	audit_mark
	run ssh_with "$(token_file "$@")" "$1@$HOST" id -un
	words_are_the_same "$1" &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"denied\" and .reason == \"$reason\"" &&
		expect_no_audit '.result == "ok"'
}

wait_for_uptime() { # SECONDS
	while [ "$(ps -o etimes= -p 1)" -lt "$1" ]; do sleep 1; done
}

@test "issued before this host began: it cannot be told whether it was shown before" {
	wait_for_uptime 2
	accepted builder-7 --claim iat=@-1
	while_long_lived refused replay_unavailable builder-7 --claim "iat=@-$(($(ps -o etimes= -p 1) + 30))"
}

@test "a signature by another key than the one it names" {
	accepted builder-7
	local kid
	kid=$(forge builder-7 | cut -d. -f1 | basenc --decode --base64url 2>/dev/null | jq .kid)
	refused bad_signature builder-7 --key "$KEYS/other.pem" --header "kid=$kid"
}

@test "a key that the entry does not have" {
	accepted builder-7
	refused unknown_key builder-7 --key "$KEYS/other.pem"
}

@test "a valid assertion of another agent" {
	accepted other
	audit_mark
	run ssh_with "$(token_file other)" "builder-7@$HOST" id -un
	words_are_the_same builder-7
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "wrong_subject"'
}

@test "sub that is another agent" {
	accepted builder-7
	refused wrong_subject builder-7 --claim 'sub="other"'
}

@test "not yet valid" {
	accepted builder-7 --claim nbf=@20
	refused not_yet_valid builder-7 --claim nbf=@50
	refused not_yet_valid builder-7 --claim iat=@60 --claim exp=@120
}

@test "too long a life" {
	accepted builder-7 --claim exp=@300
	refused lifetime_too_long builder-7 --claim exp=@301
}

@test "for another host" {
	accepted builder-7 --claim "aud=[\"ssh://elsewhere.example.com\",\"ssh://$HOST\"]"
	refused wrong_audience builder-7 --aud ssh://elsewhere.example.com
	refused wrong_audience builder-7 --aud "ssh://$HOST/"
	refused wrong_audience builder-7 --claim 'aud=["ssh://elsewhere.example.com"]'
}

@test "shown a second time" {
	local token
	token=$(token_file builder-7)
	run ssh_with "$token" "builder-7@$HOST" id -un
	expect_status 0
	audit_mark
	run ssh_with "$token" "builder-7@$HOST" id -un
	words_are_the_same builder-7
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "replayed"'
}

@test "a refused credential is not used up" {
	local token
	token=$(token_file builder-7)
	agentauthctl suspend builder-7 >/dev/null
	run ssh_with "$token" "builder-7@$HOST" id -un
	agentauthctl resume builder-7 >/dev/null
	words_are_the_same builder-7
	run ssh_with "$token" "builder-7@$HOST" id -un
	expect_status 0
}

@test "another prompt's nonce" {
	accepted builder-7
	refused nonce_mismatch builder-7 --claim 'nonce="AAAAAAAAAAAAAAAA"'
}

@test "no jti" {
	accepted builder-7
	refused claim_required builder-7 --claim jti=
}

@test "alg none" {
	accepted builder-7
	refused alg_not_allowed builder-7 --header 'alg="none"'
	refused alg_not_allowed builder-7 --header 'alg="nOnE"'
	run ssh_with "$(token_file builder-7 --header 'alg="none"' --unsigned)" "builder-7@$HOST" id -un
	words_are_the_same builder-7
}

@test "HS256 with the public key as the secret" {
	accepted rsa --alg RS256
	refused alg_not_allowed rsa --header 'alg="HS256"' --hs256 "$KEYS/rsa.pub"
}

@test "an algorithm that is not the key's" {
	accepted rsa --alg PS256
	refused alg_not_allowed rsa --alg RS256 --header 'alg="ES256"'
}

@test "delegation without an issuer's word" {
	accepted builder-7
	run ssh_with "$(token_file builder-7 --claim 'act={"sub":"alice"}')" "builder-7@$HOST" id -un
	words_are_the_same builder-7
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied"'
}

@test "64 KiB of garbage" {
	head -c 65536 /dev/zero | tr '\0' A >"$KEYS/garbage"
	chown dev: "$KEYS/garbage"
	run dev "$CLIENTS/converse" builder-7 "$(token_file builder-7)" 'id -un'
	expect_status 0
	audit_mark
	run dev "$CLIENTS/converse" builder-7 "$KEYS/garbage" 'id -un'
	expect_status 255
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "oversize"'
}

@test "16 MiB of garbage" {
	head -c 16777216 /dev/zero | tr '\0' A >"$KEYS/garbage"
	chown dev: "$KEYS/garbage"
	run "$HERE/pam_converse" sshd builder-7 "$(token_file builder-7)" authenticate
	expect_status 0
	audit_mark
	run timeout 10 "$HERE/pam_converse" sshd builder-7 "$KEYS/garbage" authenticate
	expect_status 1
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "oversize"'
}

@test "no credential at all" {
	: >"$KEYS/empty"
	chown dev: "$KEYS/empty"
	run ssh_with "$KEYS/empty" "builder-7@$HOST" id -un
	words_are_the_same builder-7
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "no_credential"'
}

@test "an answer that the client cut" {
	accepted rsa4096 --alg RS256
	audit_mark
	ANSWER='WHOLE=1' run ssh_with "$(token_file rsa4096 --alg RS256 --claim "task=\"$(printf '%0100d' 0)\"")" \
		"rsa4096@$HOST" id -un
	words_are_the_same rsa4096
	expect_audit '.event == "auth" and .agent == "rsa4096" and .result == "denied" and .reason == "truncated"'
}

@test "a part without the next" {
	accepted rsa4096 --alg RS256
	audit_mark
	ANSWER='STOP=2' run ssh_with "$(token_file rsa4096 --alg RS256)" "rsa4096@$HOST" id -un
	words_are_the_same rsa4096
	expect_audit '.event == "auth" and .agent == "rsa4096" and .result == "denied" and .reason == "truncated"'
}

# An agent that may not log in: with a good credential, and with its registered key.
locked_out() { # AGENT REASON
	audit_mark
	run ssh_with "$(token_file "$1")" "$1@$HOST" id -un
	words_are_the_same "$1" && expect_audit ".agent == \"$1\" and .result == \"denied\" and .reason == \"$2\"" &&
		locked_out_by_key "$1" "$2"
}
locked_out_by_key() { # AGENT REASON
	audit_mark
	run dev ssh -o BatchMode=yes -i "$KEYS/$1.pem" "$1@$HOST" id -un
	expect_status 255 && expect_no_output "^$1\$"
}
let_in_both_ways() { # AGENT
	accepted "$1" || return 1
	run dev ssh -o BatchMode=yes -i "$KEYS/$1.pem" "$1@$HOST" id -un
	expect_status 0 && expect_output "^$1\$"
}

@test "a suspended agent, by credential and by key, until it is resumed" {
	new_agent naughty ES256
	let_in_both_ways naughty
	agentauthctl suspend naughty >/dev/null
	locked_out naughty agent_suspended
	expect_audit '.agent == "naughty" and .result == "denied" and .reason == "agent_suspended"'
	agentauthctl resume naughty >/dev/null
	let_in_both_ways naughty
}

@test "an expired agent, by credential and by key" {
	new_agent shortlived ES256 --role deploy --expires "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
	let_in_both_ways shortlived
	agentauthctl set shortlived --expires "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >/dev/null
	sleep 1
	locked_out shortlived agent_expired
}

@test "a retired agent, by credential and by key" {
	new_agent oldtimer ES256
	let_in_both_ways oldtimer
	agentauthctl retire oldtimer >/dev/null
	locked_out oldtimer agent_retired
}

# What sshd says about a public key, to whom has it alone: "Server accepts key", or nothing; and the milliseconds until
# then.
asks_about() { # AGENT PUBLIC-KEY
	local from
	from=$(date +%s%3N)
	install -o dev -g dev -m 0600 "$2" /home/dev/asked.pub
	rm -f /home/dev/asked
	run dev ssh -v -o BatchMode=yes -o PreferredAuthentications=publickey -o IdentitiesOnly=yes -i /home/dev/asked.pub "$1@$HOST" true
	took=$(($(date +%s%3N) - from))
	accepts=no
	# shellcheck disable=SC2031
	! grep -q 'Server accepts key' <<<"$output" || accepts=yes
	expect_status 255
}

@test "whoever has a public key alone cannot tell a retired agent from an active one" {
	local agent
	local -A sum=([stays]=0 [leaves]=0)
	for agent in stays leaves pauses ends; do
		new_agent "$agent" ES256
		dev ssh-keygen -y -f "$KEYS/$agent.pem" >"$BATS_TEST_TMPDIR/$agent.pub"
	done
	agentauthctl set ends --expires "$(date -u +%FT%TZ)" >/dev/null
	agentauthctl suspend pauses >/dev/null
	agentauthctl retire leaves >/dev/null
	agentauthctl set stays --owner somebody >/dev/null # a generation more
	for agent in stays leaves pauses ends; do
		asks_about "$agent" "$BATS_TEST_TMPDIR/$agent.pub"
		[ "$accepts" = yes ]
		asks_about "$agent" "$BATS_TEST_TMPDIR/$([ "$agent" = stays ] && echo leaves || echo stays).pub" # another's
		[ "$accepts" = no ]
	done
	for _ in $(seq 5); do
		for agent in stays leaves; do
			asks_about "$agent" "$BATS_TEST_TMPDIR/$agent.pub"
			sum[$agent]=$((sum[$agent] + took))
		done
	done
	[ "${sum[leaves]}" -lt $((3 * sum[stays])) ]
	[ "${sum[stays]}" -lt $((3 * sum[leaves])) ]
	# Who has the private key is refused by PAM, and gets in where the agent is active.
	for agent in leaves pauses ends; do
		audit_mark
		run dev ssh -o BatchMode=yes -i "$KEYS/$agent.pem" "$agent@$HOST" id -un
		expect_status 255
		expect_no_output "^$agent\$"
		expect_audit ".agent == \"$agent\" and .event == \"account\" and .result == \"denied\""
		run dev sftp -o BatchMode=yes -i "$KEYS/$agent.pem" "$agent@$HOST" <<<'ls'
		expect_status 255
	done
	run dev ssh -o BatchMode=yes -i "$KEYS/stays.pem" "stays@$HOST" id -un
	expect_status 0
}

@test "from a source that its roles do not list" {
	agentauthctl role add inside --service sshd --source 127.0.0.2/32 >/dev/null
	new_agent insider ES256 --role inside
	run ssh_with "$(token_file insider)" -b 127.0.0.2 insider@127.0.0.1 id -un
	expect_status 0
	audit_mark
	run ssh_with "$(token_file insider)" -b 127.0.0.3 insider@127.0.0.1 id -un
	expect_status 255
	expect_audit '.event == "auth" and .agent == "insider" and .result == "denied" and .reason == "source_denied"'
	run dev ssh -o BatchMode=yes -b 127.0.0.3 -i "$KEYS/insider.pem" insider@127.0.0.1 id -un
	expect_status 255
}

@test "through a service that its roles do not list" {
	agentauthctl role add sshonly --service sshd >/dev/null
	new_agent sshonly-agent ES256 --role sshonly
	accepted sshonly-agent
	audit_mark
	run dev_su sshonly-agent "$(token_file sshonly-agent)" id
	expect_status 1
	expect_audit '.event == "auth" and .service == "su" and .agent == "sshonly-agent" and .reason == "service_denied"'
}

@test "fifty processes show one assertion: one gets in" {
	local token i ok=0 dir
	token=$(token_file builder-7)
	dir=$(mktemp -d)
	second_sshd -o MaxStartups=200
	for ((i = 0; i < 50; i++)); do
		ssh_with "$token" -p 2222 -o StrictHostKeyChecking=no builder-7@127.0.0.1 id -un >"$dir/$i" 2>/dev/null &
	done
	wait
	for ((i = 0; i < 50; i++)); do [ "$(cat "$dir/$i")" != builder-7 ] || ok=$((ok + 1)); done
	[ "$ok" -eq 1 ]
	run jq -s '[.[] | select(.event == "auth" and .agent == "builder-7") | .reason] | group_by(.) | map("\(.[0]) \(length)") | .[]' \
		-r < <(audit_since_mark)
	expect_output '^ok 1$'
	expect_output '^replayed 49$'
	chain_holds
}

# Last in this file: what was issued before the host began is refused for that, and the box has to be older than this.
@test "expired" {
	wait_for_uptime 95
	accepted builder-7 --claim iat=@-90 --claim exp=@10
	refused expired builder-7 --claim iat=@-90 --claim exp=@-31
}
