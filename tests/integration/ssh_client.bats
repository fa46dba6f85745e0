#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The agent's side of a login: to whom askpass gives an answer, and what an open connection (ControlMaster) is good for.

load support
load agents

EVIL=evil.example.com

setup_file() {
	host_init
	new_agent builder-7 ES256
	mkdir -p /home/dev/.config/agentauth
	cat >/home/dev/.config/agentauth/config <<-END
		profiles = {
		  web = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "builder-7"; key = "$KEYS/builder-7.pem"; };
		  evil = { hosts = [ "$EVIL" ]; audiences = [ "ssh://$EVIL" ]; agent = "builder-7"; key = "$KEYS/builder-7.pem"; };
		};
	END
	chown -R dev: /home/dev/.config
	chmod 600 /home/dev/.config/agentauth/config
	# Its key is known, as that of a host which one uses for something else.
	echo "127.0.0.3 $EVIL" >>/etc/hosts
	ssh-keygen -q -t ecdsa -m PEM -N '' -f /run/evil-key
	{ printf '[%s]:2200 ' "$EVIL"; cat /run/evil-key.pub; } >>/home/dev/.ssh/known_hosts
}
setup() {
	log_mark
	audit_mark
}

# dev logs in at a host that shows this prompt: what was answered is in /run/answer, what dev read in `output`.
asked_by_evil() { # PROMPT
	local pid
	rm -f /run/answer /run/evil.log
	"$HERE/hostile_host" 2200 /run/evil-key "$1" /run/answer >/run/evil.log 2>&1 3>&- &
	pid=$!
	wait_until grep -q listening /run/evil.log
	run dev agentauth ssh -p 2200 "builder-7@$EVIL" id
	wait "$pid" || { cat /run/evil.log >&2; return 1; }
}
# Nothing left dev's machine, whether the server was sent an empty answer or none.
nothing_was_answered() {
	[ ! -s /run/answer ] && return
	printf 'the hostile host was given: %s\n' "$(cat /run/answer)" >&2
	return 1
}
ASKS='[agentauth/1 part 1 nonce AAAAAAAAAAAAAAAAAAAAAA]: '

@test "a host that asks in its own name gets an assertion for itself, which is of no use elsewhere" {
	local audience
	asked_by_evil "Agent credential for builder-7 at ssh://$EVIL $ASKS"
	audience=$(cut -d. -f2 /run/answer | basenc --decode --base64url 2>/dev/null | jq -r .aud)
	[ "$audience" = "ssh://$EVIL" ]
	cp /run/answer "$KEYS/stolen"
	chown dev: "$KEYS/stolen"
	run ssh_with "$KEYS/stolen" "builder-7@$HOST" id
	expect_status 255
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "wrong_audience"'
}

@test "a host that shows another host's prompt gets nothing, and dev is told why" {
	asked_by_evil "Agent credential for builder-7 at ssh://$HOST $ASKS"
	expect_status 255
	nothing_was_answered
	expect_output "nothing is answered: the host $EVIL asked for a credential for \"ssh://$HOST\""
}

@test "a host that writes another host's name before its prompt, as ssh does, gets nothing" {
	asked_by_evil "(builder-7@$HOST) Agent credential for builder-7 at ssh://$HOST $ASKS"
	expect_status 255
	nothing_was_answered
	asked_by_evil $'\r'"(builder-7@$HOST) Agent credential for builder-7 at ssh://$HOST $ASKS"
	nothing_was_answered
	asked_by_evil $'\n'"(builder-7@$HOST) Agent credential for builder-7 at ssh://$HOST $ASKS"
	nothing_was_answered
}

@test "a host that passes on the prompt of the real one gets nothing: the relay" {
	local prompt
	echo x >"$KEYS/nothing"
	chown dev: "$KEYS/nothing"
	prompt=$(dev "$CLIENTS/converse" builder-7 "$KEYS/nothing" id 2>&1 | sed -n 's/^prompt: \(.*\) echo False$/\1/p' | head -n 1)
	[[ $prompt == *"at ssh://$HOST [agentauth/1 part 1 nonce "* ]]
	asked_by_evil "$prompt"
	expect_status 255
	nothing_was_answered
}

@test "a host that asks for a password, a passphrase or another agent gets nothing" {
	asked_by_evil 'Password: '
	nothing_was_answered
	asked_by_evil "Enter passphrase for key '/home/dev/.ssh/id_alice': "
	nothing_was_answered
	asked_by_evil "Agent credential for root at ssh://$EVIL $ASKS"
	expect_status 255
	nothing_was_answered
}

# ---- what callers and ssh_config say otherwise -------------------------------------------------------------------

@test "options of a caller that would leave the prompt unanswered do not win" {
	run dev agentauth ssh -o BatchMode=yes -o KbdInteractiveAuthentication=no -o PreferredAuthentications=publickey \
		"builder-7@$HOST" id -un
	expect_status 0
	expect_output '^builder-7$'
	printf 'Host *\n  BatchMode yes\n  PreferredAuthentications password\n' >/home/dev/.ssh/config
	chown dev: /home/dev/.ssh/config
	run dev agentauth ssh "builder-7@$HOST" id -un
	rm /home/dev/.ssh/config
	expect_status 0
	expect_output '^builder-7$'
}

@test "scp -B, sftp -b and Ansible log in by agentauth-ssh" {
	echo 'some bytes' >/home/dev/there
	run dev scp -q -B -S agentauth-ssh /home/dev/there "builder-7@$HOST:by-scp"
	expect_status 0
	echo 'get by-scp /home/dev/back' >/home/dev/batch
	run dev sftp -q -b /home/dev/batch -S "$(command -v agentauth-ssh)" "builder-7@$HOST"
	expect_status 0
	cmp /home/dev/there /home/dev/back
	run dev env ANSIBLE_SSH_EXECUTABLE="$(command -v agentauth-ssh)" ANSIBLE_HOST_KEY_CHECKING=False \
		ansible -u builder-7 -i "$HOST," all -m raw -a 'id -un'
	expect_status 0
	expect_output '^builder-7'
}

@test "a program that is not OpenSSH logs in by agentauth answer, which no other host gets an answer from" {
	run dev "$CLIENTS/converse" builder-7 - 'id -un' "$HOST"
	expect_status 0
	expect_output '^builder-7$'
	audit_mark
	run dev "$CLIENTS/converse" builder-7 - 'id -un' 127.0.0.1
	expect_status 255
	expect_output 'no profile in .* has "127.0.0.1" among its hosts'
}

@test "a login that cannot succeed reaches no host" {
	printf 'Host web\n  HostName %s\n  User alice\n' "$HOST" >/home/dev/.ssh/config
	chown dev: /home/dev/.ssh/config
	run dev agentauth ssh web id
	rm /home/dev/.ssh/config
	expect_status 1
	expect_output "Log in as builder-7@$HOST"
	expect_no_audit '.event == "auth"'
	[ -z "$(log_since_mark)" ]
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 0
	[ -n "$(log_since_mark)" ]
}

# ---- ControlMaster -----------------------------------------------------------------------------------------------

batch() { # COMMAND: over the open connection, and with no other way in
	run dev ssh -S /home/dev/master -o BatchMode=yes -o ControlMaster=no "builder-7@$HOST" "$1"
}

@test "one login by agentauth ssh opens a connection over which BatchMode ssh, scp and sudo work" {
	batch true
	expect_status 255
	run dev agentauth ssh -M -S /home/dev/master -f -N "builder-7@$HOST"
	expect_status 0
	audit_mark
	batch 'id; echo $AGENTAUTH_AGENT'
	expect_status 0
	expect_output '^uid=.*\(builder-7\).*agent-deploy'
	expect_output '^builder-7$'
	batch 'sudo -n /usr/local/sbin/restart-app'
	expect_status 0
	expect_output 'restarted by root for builder-7'
	echo 'some bytes' >/home/dev/there
	run dev scp -q -o ControlPath=/home/dev/master -o BatchMode=yes /home/dev/there "builder-7@$HOST:by-master"
	expect_status 0
	batch 'cat by-master'
	expect_output '^some bytes$'
	# As pam_agentauth(8) warns: none of it asked PAM for a login.
	expect_no_audit '.event == "auth"'
	run dev ssh -S /home/dev/master -O exit "builder-7@$HOST"
	expect_status 0
	batch true
	expect_status 255
}

@test "an open connection gives no sudo once the agent is suspended, and ends with --kill" {
	run dev agentauth ssh -M -S /home/dev/master -f -N "builder-7@$HOST"
	expect_status 0
	batch 'sudo -n /usr/local/sbin/restart-app'
	expect_status 0
	agentauthctl suspend builder-7 >/dev/null
	batch 'id -un'
	expect_status 0
	batch 'sudo -n /usr/local/sbin/restart-app'
	expect_status 1
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .result == "denied" and .reason == "agent_suspended"'
	agentauthctl suspend builder-7 --kill >/dev/null
	batch 'id -un'
	expect_status 255
	agentauthctl resume builder-7 >/dev/null
}
