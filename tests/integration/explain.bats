#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# long: it begins first.
# SPDX-License-Identifier: Apache-2.0
# What explain says beforehand is what sshd and sudo then do, for each reason that there is; done what it says, both say yes;
# and nothing is different for having asked.

load support
load agents
load sessions
load golden
load explain

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256
	new_agent other ES256
	agentauthctl role add waits --service sshd --service sudo --sudo '(root) /usr/bin/true' --approval '(root) /usr/bin/id' >/dev/null
}

setup() {
	log_mark
	audit_mark
}

# What explain told is to be done, as a shell does it: the first that matches.
done_as_told() { # REGEX [SED]
	sh -e -c "$(jq -r '.explanation.steps[].do // empty' <<<"$output" | grep -oE -m 1 -e "$1" | sed -E "${2:-}")"
}

# One credential, which explain sees first and sshd then: the same reason.
both_say() { # REASON DO AGENT [OPTION OF FORGE]...
	local reason=$1 cure=$2 agent=$3 file
	shift 3
	file=$(token_file "$agent" "$@")
	foresees "$reason" "$cure" "$agent" --service sshd --from 127.0.0.1 --credential "$file" || return 1
	sshd_says "$reason" "$agent" "$file"
}
sshd_says() { # REASON AGENT TOKENFILE
	audit_mark
	run ssh_with "$3" "$2@$HOST" id -un
	wait_for_audit ".agent == \"$2\" and .event != \"session-close\" and .reason == \"$1\""
}
key_says() { # REASON AGENT: by its registered SSH key
	audit_mark
	run dev ssh -o BatchMode=yes -i "$KEYS/$2.pem" "$2@$HOST" id -un
	wait_for_audit ".agent == \"$2\" and .event != \"session-close\" and .reason == \"$1\""
}
public_key() { # AGENT
	dev ssh-keygen -y -f "$KEYS/$1.pem" >"$BATS_TEST_TMPDIR/$1.ssh" && echo "$BATS_TEST_TMPDIR/$1.ssh"
}

@test "each reason of a credential is foreseen, and a good one is not used up by it" {
	local kid garbage=$KEYS/garbage
	both_say ok '' builder-7
	kid=$(forge builder-7 | cut -d. -f1 | basenc --decode --base64url 2>/dev/null | jq .kid)
	both_say bad_signature 'have the agent sign with the key that builder-7 has here: agentauthctl show builder-7' \
		builder-7 --key "$KEYS/other.pem" --header "kid=$kid"
	both_say unknown_key 'agentauthctl set builder-7 --key KEY' builder-7 --key "$KEYS/other.pem"
	both_say wrong_subject 'have the agent sign as builder-7: iss and sub are its own name' builder-7 --claim 'sub="other"'
	both_say not_yet_valid 'compare date -u here' builder-7 --claim nbf=@50
	both_say expired 'compare date -u here' builder-7 --claim iat=@-200 --claim exp=@-100
	both_say lifetime_too_long 'have the agent sign for less time: agentauth assert --ttl 60' builder-7 --claim exp=@301
	both_say wrong_audience 'host.audience of agentauth.conf' builder-7 --aud ssh://elsewhere.example.com
	both_say claim_required 'have the agent put jti into what it signs, as agentauth assert does' builder-7 --claim jti=
	both_say alg_not_allowed 'have the agent sign with the algorithm of its key, as agentauth assert does' builder-7 --header 'alg="none"'
	both_say wrong_type 'have an access token issued, and no ID token' builder-7 --header 'typ="logout+jwt"'
	both_say proof_required 'have the agent log in with the SSH key that the token is bound to' builder-7 --claim 'cnf={"jkt":"x"}'
	both_say delegation_denied '' builder-7 --claim 'act={"sub":"alice"}'
	both_say role_denied 'agentauthctl set builder-7 --role ROLE' builder-7 --claim 'scope="nosuch"'
	both_say unknown_issuer 'agentauthctl issuer add NAME --issuer URL' builder-7 --claim 'iss="https://idp.example.net"'
	echo "no credential" >"$garbage"
	chown dev: "$garbage"
	foresees malformed 'have the agent make a new one: agentauth ssh or agentauth token do' builder-7 --service sshd --credential "$garbage"
	sshd_says malformed builder-7 "$garbage"
	head -c 20000 /dev/zero | tr '\0' A >"$garbage"
	foresees oversize 'have a smaller one made, with fewer claims' builder-7 --service sshd --credential "$garbage"
	audit_mark
	run dev "$CLIENTS/converse" builder-7 "$garbage" 'id -un'
	wait_for_audit '.reason == "oversize"'
	both_say ok '' builder-7
}

@test "used before, another prompt's nonce, and a nonce that the host demands" {
	local file
	file=$(token_file builder-7)
	sshd_says ok builder-7 "$file"
	foresees replayed 'have the agent present a new one: each opens one login' builder-7 --service sshd --credential "$file"
	sshd_says replayed builder-7 "$file"
	both_say ok '' builder-7
	file=$(token_file builder-7 --claim 'nonce="AAAAAAAAAAAAAAAA"')
	foresees ok '' builder-7 --service sshd --credential "$file" # the prompt's may be that
	foresees nonce_mismatch 'have the agent answer the prompt with agentauth ssh, which signs its nonce' \
		builder-7 --service sshd --credential "$file" --nonce BBBBBBBBBBBBBBBB
	sshd_says nonce_mismatch builder-7 "$file"
	file=$(token_file builder-7)
	small_run 240
	foresees replay_full 'agentauthctl doctor says what /run has left' builder-7 --service sshd --credential "$file"
	sshd_says replay_full builder-7 "$file"
	whole_run
	sshd_says ok builder-7 "$file"
	file=$(token_file builder-7 --claim "iat=@-$(($(ps -o etimes= -p 1) + 30))")
	while_long_lived foresees replay_unavailable 'have the agent present one that was issued since this host began' builder-7 --service sshd --credential "$file"
	while_long_lived sshd_says replay_unavailable builder-7 "$file"
	sed -i 's/nonce = "optional"/nonce = "required"/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	both_say nonce_required 'have the agent answer the prompt with agentauth ssh, which signs its nonce' builder-7
	file=$(token_file builder-7 --claim 'nonce="AAAAAAAAAAAAAAAA"')
	foresees ok '' builder-7 --service sshd --credential "$file"
	sed -i 's/nonce = "required"/nonce = "optional"/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	both_say ok '' builder-7
}

@test "suspended, expired, revoked and retired agents, until what explain says is done" {
	new_agent bot ES256
	decides needs_credential bot --service sshd --from 127.0.0.1
	agentauthctl suspend bot >/dev/null
	foresees agent_suspended 'agentauthctl resume bot' bot --service sshd
	key_says agent_suspended bot
	foresees agent_suspended '' bot --service sshd --ssh-key "$(public_key bot)"
	done_as_told 'agentauthctl resume bot'
	both_say ok '' bot
	agentauthctl set bot --expires "$(date -u +%FT%TZ)" >/dev/null
	sleep 1
	foresees agent_expired 'agentauthctl set bot --expires never' bot --service sshd
	key_says agent_expired bot
	foresees agent_expired '' bot --service sshd
	done_as_told 'agentauthctl set bot --expires never'
	both_say ok '' bot
	kid=$(agentauthctl --json show bot | jq -r '.agent.keys[0].kid')
	agentauthctl revoke --kid "$kid" >/dev/null
	foresees revoked 'agentauthctl revoke --list shows what is revoked, and --undo takes it back' bot --service sshd --credential "$(token_file bot)"
	both_say revoked '' bot
	foresees revoked '' bot --service sshd --ssh-key "$(public_key bot)"
	agentauthctl revoke --undo --kid "$kid" >/dev/null
	both_say ok '' bot
	agentauthctl set bot --no-key "$kid" >/dev/null
	foresees no_credential 'agentauthctl set bot --key KEY' bot --service sshd
	sshd_says unknown_key bot "$(token_file bot)"
	: >"$KEYS/empty"
	chown dev: "$KEYS/empty"
	sshd_says no_credential bot "$KEYS/empty"
	foresees no_credential 'agentauthctl set bot --key KEY' bot --service sshd
	done_as_told 'agentauthctl set bot --key KEY' "s/KEY/'${KEYS//\//\\/}\/bot.pub'/"
	both_say ok '' bot
	agentauthctl set bot --no-key "$kid" >/dev/null
	agentauthctl set bot --key "$KEYS/bot.pub" --key-expires "$(date -u -d '+1 second' +%FT%TZ)" >/dev/null
	sleep 2
	foresees key_expired 'agentauthctl rotate bot --key KEY, the line that agentauth keygen prints for a new key' bot --service sshd
	both_say key_expired '' bot
	agentauthctl retire bot >/dev/null
	foresees agent_retired 'agentauthctl register NAME, another one' bot --service sshd
	sshd_says agent_retired bot "$(token_file bot)"
	foresees agent_unknown 'agentauthctl list shows the agents that there are' nobody-here --service sshd
}

@test "sources, services and limits: golden, and what is told lets the agent in" {
	local client
	new_agent narrow ES256 --role logs
	agentauthctl role set logs --source 192.0.2.0/24 >/dev/null
	both_say source_denied 'agentauthctl role set logs --source 127.0.0.1' narrow
	turn source agentauthctl explain narrow --service sshd --from 127.0.0.1
	foresees source_denied '' narrow --service sshd --from 127.0.0.1
	done_as_told 'agentauthctl role set logs --source 127.0.0.1'
	both_say ok '' narrow
	agentauthctl set narrow --source 192.0.2.0/24 >/dev/null
	foresees source_denied 'agentauthctl set narrow --source 127.0.0.1' narrow --service sshd --from 127.0.0.1
	both_say source_denied '' narrow
	agentauthctl set narrow --sources '' >/dev/null
	agentauthctl role set logs --no-service sshd >/dev/null
	foresees service_denied 'agentauthctl role set logs --service sshd' narrow --service sshd --from 127.0.0.1
	both_say service_denied '' narrow
	foresees service_denied '' narrow --service sshd --from 127.0.0.1
	done_as_told 'agentauthctl role set logs --service sshd'
	both_say ok '' narrow
	agentauthctl set narrow --max-sessions 1 >/dev/null
	stay narrow 'touch there; sleep 60'
	wait_for_file narrow there
	foresees session_limit 'agentauthctl session kill --agent narrow ends the sessions' narrow --service sshd --from 127.0.0.1
	both_say session_limit '' narrow
	foresees session_limit '' narrow --service sshd
	done_as_told 'agentauthctl session kill --agent narrow'
	wait "$client" || :
	both_say ok '' narrow
	turn let-in agentauthctl explain narrow --service sshd --from 127.0.0.1
	agentauthctl role set logs --sources '' >/dev/null
}

@test "too many failures, a log that cannot be written, a registry that cannot be read, keys that are not there" {
	sed -i 's/max_failures = 1000/max_failures = 2/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	new_agent hasty ES256
	both_say unknown_key '' hasty --key "$KEYS/other.pem"
	both_say unknown_key '' hasty --key "$KEYS/other.pem"
	both_say rate_limited 'wait a minute, and mend what failed before' hasty
	foresees ok '' hasty --service sshd --from 192.0.2.1 --credential "$(token_file hasty)"
	sed -i 's/max_failures = 2/max_failures = 1000/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	both_say ok '' hasty
	mv /var/log/agentauth/audit.jsonl /var/log/agentauth/kept
	ln -s /dev/null /var/log/agentauth/audit.jsonl
	foresees audit_unavailable 'agentauthctl doctor says what is wrong with the log' hasty --service sshd --credential "$(token_file hasty)"
	run ssh_with "$(token_file hasty)" "hasty@$HOST" id -un
	rm /var/log/agentauth/audit.jsonl
	mv /var/log/agentauth/kept /var/log/agentauth/audit.jsonl
	expect_status 255
	both_say ok '' hasty
	mv "$(readlink -f "$STATE"/current)/policy.cdb" "$STATE"/kept
	foresees registry_unavailable 'agentauthctl doctor says what is wrong with it' hasty --service sshd --credential "$(token_file hasty)"
	run ssh_with "$(token_file hasty)" "hasty@$HOST" id -un
	expect_status 255
	mv "$STATE"/kept "$(readlink -f "$STATE"/current)/policy.cdb"
	both_say ok '' hasty
	agentauthctl issuer add idp --issuer https://idp.example.org --jwks-uri https://idp.example.org/keys --audience "ssh://$HOST" --algorithm ES256 >/dev/null
	both_say keys_stale 'agentauthctl issuer refresh idp' hasty --claim 'iss="https://idp.example.org"'
	agentauthctl issuer remove idp >/dev/null
}

# An issuer's token for the agent `bound`, and what explain and sshd say of it.
token_says() { # REASON DO [OPTION OF FORGE]...
	local reason=$1 cure=$2 file
	shift 2
	file=$(mktemp "$KEYS/token.XXXXXX")
	forge bound --key "$KEYS/idp.pem" --header 'kid="k1"' --claim 'iss="https://idp.example.org"' --claim 'azp="client-7"' --claim 'sub="client-7"' \
		"$@" >"$file"
	chown dev: "$file"
	foresees "$reason" "$cure" bound --service sshd --from 127.0.0.1 --credential "$file" && sshd_says "$reason" bound "$file"
}

@test "tokens of an issuer: each reason is foreseen, and what is told lets the agent in" {
	new_agent bound ES256 --role logs
	dev agentauth keygen --alg ES256 --out "$KEYS/idp.pem" >/dev/null 2>&1
	"$HERE/jwks" "k1:$KEYS/idp.pem" >/etc/agentauth/idp.json
	agentauthctl issuer add idp --issuer https://idp.example.org --jwks-file /etc/agentauth/idp.json --audience api://hosts \
		--client-claim azp --algorithm RS256 >/dev/null
	token_says alg_not_allowed 'agentauthctl issuer set idp --algorithm ALG, that of the token'
	foresees alg_not_allowed '' bound --service sshd --credential "$(token_file bound --key "$KEYS/idp.pem" --claim 'iss="https://idp.example.org"')"
	done_as_told 'agentauthctl issuer set idp --algorithm ALG' 's/ALG/ES256/'
	token_says unknown_key 'agentauthctl issuer refresh idp' --header 'kid="k2"'
	token_says wrong_audience "have the issuer write an audience of issuers.idp into its tokens, or agentauthctl issuer set idp"
	foresees wrong_audience '' bound --service sshd --credential "$(token_file bound --key "$KEYS/idp.pem" --header 'kid="k1"' --claim 'iss="https://idp.example.org"')"
	done_as_told 'agentauthctl issuer set idp --audience AUD' "s,AUD,ssh://$HOST,"
	token_says wrong_subject "agentauthctl set bound --bind idp:CLIENT, the token's azp, if it is this agent's"
	agentauthctl set bound --bind idp:client-7 >/dev/null
	token_says ok ''
	token_says lifetime_too_long 'have the issuer make tokens that live for less, or agentauthctl issuer set idp --max-token-ttl' --claim exp=@9000
	agentauthctl issuer set idp --require ver=2.0 >/dev/null
	token_says claim_required 'have the issuer put ver into its tokens as issuers.idp requires it'
	token_says ok '' --claim 'ver="2.0"'
	agentauthctl issuer set idp --delegation --no-require ver=2.0 --scope run:logs >/dev/null
	token_says delegation_denied 'agentauthctl set bound --user alice' --claim 'sub="alice"' --claim 'scope="run"'
	foresees delegation_denied 'agentauthctl set bound --user alice' bound --service sshd --user alice
	done_as_told 'agentauthctl set bound --user alice'
	token_says role_denied 'agentauthctl role set logs --delegable' --claim 'sub="alice"' --claim 'scope="run"'
	foresees role_denied 'agentauthctl role set logs --delegable' bound --service sshd --user alice
	done_as_told 'agentauthctl role set logs --delegable'
	decides needs_credential bound --service sshd --user alice
	token_says ok '' --claim 'sub="alice"' --claim 'scope="run"'
	agentauthctl role set logs --no-delegable >/dev/null
	agentauthctl set bound --no-bind idp:client-7 --no-user alice >/dev/null
	agentauthctl issuer remove idp >/dev/null
}

# What sudo's decision in the newest session of the agent is, and what sudo then says there: $1 is the command.
NEXT='until [ -e next ]; do sleep 0.05; done; rm next'
next() {
	touch_home "$1" next
}

@test "sudo outside a login, in one, by a rule, without one, and where it waits for a person" {
	local client
	new_agent worker ES256 --role deploy --role logs --role waits
	foresees no_session 'have worker log in: its sudo works inside that login alone' worker --service sudo
	audit_mark
	run setpriv --reuid worker --regid worker --groups agents,agent-deploy --reset-env -- sudo -n restart-app
	expect_audit '.service == "sudo" and .reason == "no_session"'
	forget_file worker there next out narrow
	stay worker "touch there; $NEXT; sudo -n restart-app >out 2>&1; sudo -n cat /etc/shadow >>out 2>&1; $NEXT; sudo -n restart-app; $NEXT; sudo -n uptime; sleep 60"
	wait_for_file worker there
	decides ok worker --service sudo --command 'restart-app'
	decides ok worker --command '/usr/local/sbin/restart-app "two words"'
	decides ok worker --service sudo
	foresees role_denied "agentauthctl role set ROLE --sudo '\(root\) /usr/bin/cat'" worker --service sudo --command 'cat /etc/shadow'
	foresees role_denied '' worker --command 'restart-app' --runas bob
	agentauthctl role set deploy --sudo '(root) /usr/bin/uptime' >/dev/null
	decides ok worker --command uptime
	decides waits worker --command 'id -u'
	jq -e '.explanation.steps[] | select(.step == "approval" and .role == "waits" and (.setting | test("roles.waits.approval")))' <<<"$output"
	foresees role_denied '' worker --command 'no-such-program'
	next worker
	wait_until grep -q 'restarted by root' /home/agents/worker/out
	wait_until grep -qiE 'password|not allowed|refused' /home/agents/worker/out
	agentauthctl suspend worker >/dev/null
	foresees agent_suspended 'agentauthctl resume worker' worker --service sudo --command restart-app
	audit_mark
	next worker
	wait_for_audit '.agent == "worker" and .service == "sudo" and .reason == "agent_suspended"'
	agentauthctl resume worker >/dev/null
	agentauthctl role set deploy --no-service sudo >/dev/null
	agentauthctl role set logs --no-service sudo >/dev/null
	agentauthctl role set waits --no-service sudo >/dev/null
	foresees service_denied 'agentauthctl set worker --role ROLE, a role that has the service sudo' worker --service sudo
	# The roles' own rules are gone with the service; one of the host's brings sudo as far as PAM.
	echo '%agents ALL = (root) NOPASSWD: /usr/bin/uptime' >/etc/sudoers.d/uptime
	audit_mark
	next worker
	wait_for_audit '.agent == "worker" and .service == "sudo" and .reason == "service_denied"'
	rm /etc/sudoers.d/uptime
	for role in deploy logs waits; do agentauthctl role set $role --service sudo >/dev/null; done
	decides ok worker --service sudo
	ssh_with "$(token_file worker --claim 'scope="logs"')" "worker@$HOST" 'touch narrow; sleep 60' >/dev/null 2>&1 3>&- &
	wait_for_file worker narrow
	foresees role_denied 'have worker log in with the role deploy as well' worker --command restart-app
	agentauthctl set worker --no-role logs >/dev/null
	foresees role_denied '' worker --service sudo
	end worker
}

@test "a session that ran out, and one of root's making" {
	local client
	agentauthctl role add brief-role --service sshd --service sudo --max-session 600 >/dev/null
	new_agent brief ES256 --role brief-role
	begin brief
	decides ok brief --service sudo
	end brief
	agentauthctl role set brief-role --max-session 1 >/dev/null
	begin brief
	sleep 1
	foresees session_expired 'have brief log in anew' brief --service sudo
	end brief
	foresees no_session '' brief --service sudo
	decides ok brief --service cron
	decides ok brief --service su
	foresees delegation_denied 'agentauthctl set brief --local-user alice' brief --service agentauth-run --user alice
	agentauthctl role set brief-role --delegable >/dev/null
	done_as_told 'agentauthctl set brief --local-user alice'
	decides ok brief --service agentauth-run --user alice
	foresees delegation_denied '' brief --service agentauth-run --user bob
}

@test "why was it refused: from the log, by number and by agent, and whether it would be now" {
	local seq
	new_agent past ES256
	agentauthctl suspend past >/dev/null
	sshd_says agent_suspended past "$(token_file past)"
	seq=$(audit_since_mark | jq -r 'select(.agent == "past" and .reason == "agent_suspended") | .seq' | tail -n 1)
	run agentauthctl explain --at "$seq"
	expect_status 0
	expect_output 'the agent is suspended \(agent_suspended\)'
	expect_output '^  Do: +agentauthctl resume past$'
	expect_output '^The same is decided now:$'
	run agentauthctl explain --json --last past
	[ "$(jq -r '.record.seq, .same, .now.reason' <<<"$output" | xargs)" = "$seq true agent_suspended" ]
	agentauthctl resume past >/dev/null
	run agentauthctl explain --last past
	expect_output '^The log does not have the credential'
	expect_output 'is let in by a good credential'
	ANSWER='WHOLE=1' run ssh_with "$(token_file past --claim "task=\"$(printf '%0900d' 0)\"")" "past@$HOST" id -un
	wait_for_audit '.agent == "past" and .reason == "truncated"'
	run agentauthctl explain --last past
	expect_output 'Do: +have the agent log in with agentauth ssh, which answers in parts'
	run agentauthctl explain --at 999999999
	expect_status 1
	expect_output 'no record of the audit log has the number 999999999'
	run agentauthctl explain --last other
	expect_status 1
}

@test "edits that are not published are told, and what is published decides" {
	new_agent edited ES256 --role logs
	sed -i '/logs = {/,/};/s/services = .*/services = [ "sudo" ];/' /etc/agentauth/agentauth.conf
	turn pending agentauthctl explain edited --service sshd --from 127.0.0.1
	expect_output 'is let in by a good credential'
	expect_output 'agentauthctl diff shows the edits, agentauthctl apply publishes them'
	run agentauthctl diff
	expect_output 'role logs'
	agentauthctl apply --yes >/dev/null
	foresees service_denied '' edited --service sshd
	expect_no_output 'pending'
	agentauthctl role set logs --service sshd >/dev/null
	echo 'nonsense' >>/etc/agentauth/agentauth.conf
	run agentauthctl explain edited --service sshd
	expect_output 'the text is not in order, and what is published decides; agentauthctl check says where'
	run agentauthctl check
	expect_status 1
	sed -i '$d' /etc/agentauth/agentauth.conf
	decides needs_credential edited --service sshd
}

@test "edits of a role whose name another begins with are no edits of that other" {
	new_agent longer ES256 --role logs
	agentauthctl role add log --service sshd >/dev/null
	sed -i '/[^a-z]log = {/,/};/s/services = .*/services = [ "sudo" ];/' /etc/agentauth/agentauth.conf
	run agentauthctl diff
	expect_output 'role log:|role log$|role log '
	run agentauthctl explain longer --service sshd
	expect_status 0
	expect_no_output 'edited, not published'
	agentauthctl apply --yes >/dev/null
}

@test "a host that does not know the agents' names, and a person who is not root" {
	cp -a /etc/nsswitch.conf "$BATS_TEST_TMPDIR"
	sed -i -E '/^(passwd|group):/s/ agentauth//' /etc/nsswitch.conf
	foresees registry_unavailable 'agentauthctl doctor says what is wrong with it' builder-7 --service sshd
	jq -r .explanation.sentence <<<"$output" | grep -q 'is registered, and this host does not know the name'
	agentauthctl doctor | grep -q 'does not name agentauth'
	cp -a "$BATS_TEST_TMPDIR/nsswitch.conf" /etc/nsswitch.conf
	decides needs_credential builder-7 --service sshd
	run as alice /usr/sbin/agentauthctl explain builder-7 --service sshd
	expect_status 1
	expect_output 'sudo agentauthctl explain builder-7 --service sshd'
	expect_no_output 'is refused'
}

@test "no file is opened for writing below our directories" {
	local file
	file=$(token_file builder-7)
	for args in "builder-7 --service sshd --from 127.0.0.1 --credential $file" "builder-7 --service sudo --command id" \
		"builder-7 --service cron" "--last builder-7"; do
		# shellcheck disable=SC2086 # the arguments are words
		run strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/trace" agentauthctl explain $args
		expect_status 0
		grep -q 'agentauth' "$BATS_TEST_TMPDIR/trace"
		run grep -E '(O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename|link(at)?\(|chmod|chown|utime)' "$BATS_TEST_TMPDIR/trace"
		output=$(grep -vE '"/dev/|"/proc/|ENOENT|readlink' <<<"$output" || :)
		expect_no_output 'agentauth|O_CREAT|mkdir|unlink|rename'
	done
	# What would write is seen by the same means.
	run strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/trace" agentauthctl suspend other
	grep -qE 'O_CREAT|rename|linkat' "$BATS_TEST_TMPDIR/trace"
	agentauthctl resume other >/dev/null
}

@test "mistakes in the question" {
	run agentauthctl explain builder-7
	expect_status 2
	expect_output '\-\-service is missing: by what does builder-7 come'
	run agentauthctl explain builder-7 --service sshd --from web02
	expect_status 2
	expect_output 'not an address, as 192.0.2.7'
	run agentauthctl explain builder-7 --service sshd --command id
	expect_status 2
	expect_output '\-\-command belongs to --service sudo'
	run agentauthctl explain builder-7 --service sudo --from 127.0.0.1
	expect_status 2
	expect_output '\-\-from belongs to a login'
	run agentauthctl explain builder-7 --command "'id"
	expect_status 2
	expect_output 'a quote is open'
	run agentauthctl explain builder-7 --service sshd
	expect_output '\-\-from says from which address the login comes'
	run agentauthctl explain builder-7 --service sudo
	expect_output '\-\-command says which'
	run agentauthctl explain --at 1 --last builder-7
	expect_status 2
	run agentauthctl explain --at first
	expect_status 2
	expect_output '\-\-at is the seq of one record of the audit log'
	run agentauthctl explain builder-7 --last builder-7
	expect_status 2
	expect_output '\-\-at and --last take all else from the record'
	run agentauthctl explain builder-7 --service sshd --nonce x
	expect_status 2
	expect_output '\-\-nonce belongs to --credential'
	run agentauthctl explain builder-7 --service sshd --scope deploy --credential "$(token_file builder-7)"
	expect_status 2
	expect_output 'do not go with --credential'
	run agentauthctl explain builder-7 --service sudo --session none-such
	expect_status 0
	expect_output 'no live session of builder-7 has an id that begins with "none-such"'
	# what every command takes goes with a number, too
	run agentauthctl explain --at 1 --logdir /var/log/agentauth --confdir /etc/agentauth
	expect_no_output 'leave the rest out'
	expect_status 0
	chmod 666 /var/log/agentauth/audit.jsonl
	run agentauthctl explain --at 1
	chmod 600 /var/log/agentauth/audit.jsonl
	expect_status 1
	expect_output 'audit.jsonl cannot be read: others could have written it'
	run agentauthctl explain
	expect_status 2
	expect_output 'usage: agentauthctl explain NAME --service SERVICE'
}

# Why the others are not provoked: internal has no cause of its own, truncated is the client's doing on the way, group_denied is
# no agent's, alg_off is a host's (fips.bats), a person's answer is not foreseen, nor what sudo's own policy says or fails at (ran.bats provokes these), and
# approval.bats foresees that sudo asks nobody, and role_groups.bats that a session is too narrow.
@test "every reason that there is, is foreseen here or cannot be" {
	local top reason
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	for reason in $(grep -oE '\{"[a-z_]+", PAM_' "$top/common/verify/reason.c" | grep -oE '[a-z_]+"' | tr -d '"') group_denied; do
		case $reason in
		internal | alg_off | truncated | group_denied | approval_denied | approval_timeout | approval_unavailable | sudo_denied | sudo_failed | session_narrowed) continue ;;
		esac
		grep -qE "(both_say|foresees|_says) $reason\b" "$BATS_TEST_FILENAME" || { echo "$reason is not foreseen" >&2; return 1; }
	done
}
