#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An agent logs in through the stock sshd with an assertion, in every way that a client has.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	new_agent big-rsa RS256
	dev agentauth keygen --alg RS256 --bits 4096 --out "$KEYS/rsa4096.pem" >"$KEYS/rsa4096.pub" 2>/dev/null
	agentauthctl register rsa4096 --role deploy --key "$KEYS/rsa4096.pub" >/dev/null
	mkdir -p /home/dev/.config/agentauth
	cat >/home/dev/.config/agentauth/config <<-END
		profiles = {
		  web = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "builder-7"; key = "$KEYS/builder-7.pem"; };
		};
	END
	chown -R dev: /home/dev/.config
	chmod 600 /home/dev/.config/agentauth/config
}

setup() {
	log_mark
	audit_mark
}

@test "an assertion shown through askpass opens a shell with the agent's uid, groups and environment" {
	run ssh_with "$(token_file builder-7 --claim 'task="tidy up"')" "builder-7@$HOST" 'id; env'
	expect_status 0
	expect_output '^uid=7000[0-9]\(builder-7\) gid=7000[0-9]\(builder-7\) '
	expect_output 'groups=.*\(agents\)'
	expect_output 'groups=.*\(agent-deploy\)'
	expect_output 'groups=.*\(agent-logs\)'
	expect_output '^AGENTAUTH_AGENT=builder-7$'
	expect_output '^AGENTAUTH_SESSION=.'
	expect_output '^AGENTAUTH_ROLES=.*deploy'
	expect_output '^AGENTAUTH_TASK=tidy up$'
	expect_output '^AGENTAUTH_EXPIRES=[0-9T:Z-]+$'
	expect_output '^AI_AGENT='
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "ok" and .service == "sshd" and .task == "tidy up"'
	expect_audit '.event == "session-open" and .agent == "builder-7" and .result == "ok"'
}

@test "the home of a new agent is made, its own and nobody else's to read" {
	new_agent newcomer ES256
	run ssh_with "$(token_file newcomer)" "newcomer@$HOST" 'pwd; stat -c "%a %U" .'
	expect_status 0
	expect_output '^/home/agents/newcomer$'
	expect_output '^700 newcomer$'
}

@test "agentauth ssh signs, answers and logs in by itself" {
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 0
	expect_output '^builder-7$'
}

@test "scp carries a file there and back" {
	echo 'some bytes' >/home/dev/there
	run ssh_with_scp "$(token_file builder-7)" /home/dev/there "builder-7@$HOST:carried"
	expect_status 0
	run ssh_with_scp "$(token_file builder-7)" "builder-7@$HOST:carried" /home/dev/back
	expect_status 0
	run cmp /home/dev/there /home/dev/back
	expect_status 0
}

@test "sftp lists the agent's home" {
	touch_home builder-7 seen-by-sftp
	run dev env TOKEN_FILE="$(token_file builder-7)" SSH_ASKPASS="$CLIENTS/answer" SSH_ASKPASS_REQUIRE=force \
		bash -c "echo ls | sftp -q -o NumberOfPasswordPrompts=1 builder-7@$HOST"
	expect_status 0
	expect_output 'seen-by-sftp'
}

@test "an RS256 assertion of a 4096-bit key arrives in parts through stock ssh" {
	local token
	token=$(token_file rsa4096 --alg RS256)
	[ "$(wc -c <"$token")" -gt 511 ]
	run ssh_with "$token" "rsa4096@$HOST" id -un
	expect_status 0
	expect_output '^rsa4096$'
	expect_audit '.event == "auth" and .agent == "rsa4096" and .result == "ok" and .alg == "RS256"'
}

@test "parts of a hundred bytes work as well" {
	ANSWER='PART=100' run ssh_with "$(token_file rsa4096 --alg RS256)" "rsa4096@$HOST" id -un
	expect_status 0
	expect_output '^rsa4096$'
}

@test "paramiko answers a 4096-bit RS256 assertion in one" {
	run dev "$CLIENTS/converse" rsa4096 "$(token_file rsa4096 --alg RS256)" 'id -un'
	expect_status 0
	expect_output '^rsa4096$'
	expect_output 'part 1 nonce'
	expect_no_output 'part 2 nonce'
}

@test "the prompt names agent and audience, echo off" {
	run dev "$CLIENTS/converse" builder-7 "$(token_file builder-7)" true
	expect_output "prompt: Agent credential for builder-7 at ssh://$HOST \[agentauth/1 part 1 nonce [A-Za-z0-9_-]+\]:  echo False"
}

@test "every algorithm is accepted with a key of its kind" {
	local alg
	for alg in RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA; do
		new_agent "a-${alg,,}" "$alg"
		run dev "$CLIENTS/converse" "a-${alg,,}" "$(token_file "a-${alg,,}" --alg "$alg")" 'id -un'
		expect_status 0
		expect_output "^a-${alg,,}\$"
		expect_audit ".event == \"auth\" and .agent == \"a-${alg,,}\" and .result == \"ok\" and .alg == \"$alg\""
	done
}

@test "an assertion with the prompt's nonce is accepted" {
	run dev agentauth ssh "builder-7@$HOST" 'echo "$AGENTAUTH_AGENT"'
	expect_status 0
	expect_output '^builder-7$'
}

@test "BatchMode gets in with the registered key, with all roles of the entry" {
	run dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" 'id; env'
	expect_status 0
	expect_output 'groups=.*\(agent-deploy\)'
	expect_output '^AGENTAUTH_AGENT=builder-7$'
	expect_audit '.event == "session-open" and .agent == "builder-7" and .result == "ok"'
}

@test "BatchMode with a key that is not registered is refused" {
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/unregistered"
	run dev ssh -o BatchMode=yes -i "$KEYS/unregistered" "builder-7@$HOST" id
	expect_status 255
	expect_output 'Permission denied \(publickey,keyboard-interactive\)'
}

@test "scope asks for less: only the groups of those roles" {
	run ssh_with "$(token_file builder-7 --claim 'scope="logs"')" "builder-7@$HOST" 'id; env'
	expect_status 0
	expect_output 'groups=.*\(agent-logs\)'
	lacks_group_of deploy
	expect_output '^AGENTAUTH_ROLES=logs$'
}

@test "su to the agent asks for its credential, in parts" {
	local token
	token=$(token_file rsa4096 --alg RS256)
	run dev_su rsa4096 "$token" 'id; env'
	expect_status 0
	expect_output '\(rsa4096\)'
	expect_output 'agent-deploy'
	expect_audit '.event == "auth" and .service == "su" and .agent == "rsa4096" and .result == "ok"'
}

@test "su to the agent with another's credential is refused" {
	local token
	token=$(token_file builder-7)
	run dev_su rsa4096 "$token" 'id'
	expect_status 1
	expect_audit '.event == "auth" and .service == "su" and .agent == "rsa4096" and .result == "denied"'
}

@test "root becomes the agent by su without a credential, with the groups of its roles" {
	run su - builder-7 -c 'id; env'
	expect_status 0
	expect_output '^uid=.*\(builder-7\)'
	expect_output 'agent-deploy'
}

@test "login at a terminal asks for the credential, in parts" {
	run env TOKEN="$(cat "$(token_file rsa4096 --alg RS256)")" expect "$HERE/login.expect" rsa4096
	expect_status 0
	expect_output 'i-am-rsa4096'
	expect_audit '.event == "auth" and .service == "login" and .agent == "rsa4096" and .result == "ok"'
}

@test "the session is closed in the log when it ends" {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" true
	expect_status 0
	wait_for_audit '.event == "session-close" and .agent == "builder-7"'
}

@test "nothing that was presented is in any log" {
	local token signature
	token=$(token_file builder-7)
	signature=$(cut -d. -f3 "$token")
	run ssh_with "$token" "builder-7@$HOST" true
	expect_status 0
	run grep -F -r -e "$signature" /var/log
	expect_status 1
	run grep -F -r -e "$(cut -d. -f2 "$token")" /var/log /run/agentauth
	expect_status 1
}
