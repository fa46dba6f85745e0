#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What an agent can write and run itself opens no other way in, and gives no group and no sudo more.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	run_as_agent true
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	end_second_sshd
}

run_as_agent() { # COMMAND [OPTION OF FORGE]...
	local command=$1
	shift
	ssh_with "$(token_file builder-7 "$@")" "builder-7@$HOST" "$command"
}

@test "a key in the agent's own authorized_keys does not let it in" {
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/own"
	touch_home builder-7 authorized
	install -d -m 0700 -o builder-7 -g builder-7 /home/agents/builder-7/.ssh
	install -m 0600 -o builder-7 -g builder-7 "$KEYS/own.pub" /home/agents/builder-7/.ssh/authorized_keys
	# The control: the same file in a person's home lets that person in.
	install -m 0600 -o alice -g alice "$KEYS/own.pub" /home/alice/.ssh/authorized_keys2
	run dev ssh -o BatchMode=yes -i "$KEYS/own" "alice@$HOST" id -un
	expect_status 0
	run dev ssh -o BatchMode=yes -i "$KEYS/own" "builder-7@$HOST" id -un
	expect_status 255
	expect_output 'Permission denied \(publickey,keyboard-interactive\)'
}

@test "nor where sshd is told to believe that file: open_session refuses the key" {
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/own2"
	install -d -m 0700 -o builder-7 -g builder-7 /home/agents/builder-7/.ssh
	install -m 0600 -o builder-7 -g builder-7 "$KEYS/own2.pub" /home/agents/builder-7/.ssh/authorized_keys
	sed 's/AuthorizedKeysFile none/AuthorizedKeysFile .ssh\/authorized_keys/' /etc/ssh/sshd_config.d/agentauth.conf >/tmp/loose
	printf 'UsePAM yes\nInclude /tmp/loose\n' >/tmp/loose_config
	second_sshd -f /tmp/loose_config
	run ssh_2222 -i "$KEYS/builder-7.pem" builder-7@127.0.0.1 id -un
	expect_status 0
	run ssh_2222 -i "$KEYS/own2" builder-7@127.0.0.1 id -un
	[ "$status" -ne 0 ]
	expect_no_output '^builder-7$'
	expect_audit '.event == "session-open" and .agent == "builder-7" and .result == "denied" and .reason == "unknown_key"'
}

@test "a certificate of a trusted user CA does not let it in" {
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/ca"
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/certified"
	dev ssh-keygen -q -s "$KEYS/ca" -I test -n builder-7,alice "$KEYS/certified.pub"
	cp "$KEYS/ca.pub" /etc/ssh/user_ca.pub
	echo 'TrustedUserCAKeys /etc/ssh/user_ca.pub' >/etc/ssh/sshd_config.d/zz-ca.conf
	second_sshd
	rm /etc/ssh/sshd_config.d/zz-ca.conf
	run ssh_2222 -i "$KEYS/certified" alice@127.0.0.1 id -un
	expect_status 0
	run ssh_2222 -i "$KEYS/certified" builder-7@127.0.0.1 id -un
	expect_status 255
	expect_no_output '^builder-7$'
}

@test "nor one for its registered key, where sshd is told to believe that CA" {
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/ca2"
	dev sh -c "cp $KEYS/builder-7.pem $KEYS/registered; ssh-keygen -y -f $KEYS/registered >$KEYS/registered.pub"
	dev ssh-keygen -q -s "$KEYS/ca2" -I test -n builder-7 "$KEYS/registered.pub"
	cp "$KEYS/ca2.pub" /etc/ssh/user_ca.pub
	sed '/TrustedUserCAKeys/d; /AuthorizedKeysCommand/d' /etc/ssh/sshd_config.d/agentauth.conf >/tmp/ca
	printf 'UsePAM yes\nTrustedUserCAKeys /etc/ssh/user_ca.pub\nInclude /tmp/ca\n' >/tmp/ca_config
	second_sshd -f /tmp/ca_config
	run ssh_2222 -i "$KEYS/registered" builder-7@127.0.0.1 id -un
	[ "$status" -ne 0 ]
	expect_no_output '^builder-7$'
	run log_since_mark
	expect_output 'Accepted publickey for builder-7 .*ECDSA-CERT|Accepted certificate'
	expect_audit '.event == "session-open" and .agent == "builder-7" and .result == "denied"'
}

@test "~/.pam_environment lends no session and no group" {
	new_agent other ES256 --role logs
	# As Debian 12's own stack has it.
	sed -i.kept '/pam_env\.so envfile/s/pam_env\.so/& user_readenv=1/' /etc/pam.d/sshd
	run run_as_agent 'echo "SEEN DEFAULT=yes" >.pam_environment'
	run run_as_agent env
	expect_output '^SEEN=yes$'
	run run_as_agent 'cat >.pam_environment <<-END
		AGENTAUTH_SESSION DEFAULT=AAAAAAAAAAAAAAAAAAAAAA
		AGENTAUTH_ROLES DEFAULT=deploy
	END'
	expect_status 0
	run run_as_agent 'id; env; sudo -n restart-app' --claim 'scope="logs"'
	lacks_group_of deploy
	expect_no_output 'restarted'
	expect_output 'agent-logs'
	# An empty one neither takes away nor breaks what the session has.
	run run_as_agent 'echo "AGENTAUTH_SESSION DEFAULT=" >.pam_environment'
	run run_as_agent 'id; sudo -n restart-app'
	rm -f /home/agents/builder-7/.pam_environment
	mv /etc/pam.d/sshd.kept /etc/pam.d/sshd
	expect_status 0
	expect_output 'agent-deploy'
	expect_output '^restarted'
}

@test "SetEnv of the client lends no session" {
	run ssh_with "$(token_file builder-7 --claim 'scope="logs"')" -o SetEnv=LC_X=1 -o SetEnv=AGENTAUTH_ROLES=deploy \
		"builder-7@$HOST" 'id; env; sudo -n restart-app'
	lacks_group_of deploy
	expect_output '^AGENTAUTH_ROLES=logs$'
	expect_no_output 'restarted'
}

@test "newgrp and sg give no role that the login lacks" {
	run run_as_agent 'id; newgrp agent-deploy </dev/null; sg agent-deploy -c "id; sudo -n restart-app"; sg agent-logs -c id' \
		--claim 'scope="logs"'
	lacks_group_of deploy
	expect_no_output 'restarted'
	expect_output 'agent-logs'
}

@test "an empty group list gives no sudo" {
	run run_as_agent 'sudo -n restart-app'
	expect_output '^restarted'
	run run_as_agent 'setpriv --clear-groups sudo -n restart-app; unshare -r true; id' --claim 'scope="logs"'
	expect_no_output 'restarted'
	# With no groups at all, as an agent may have after root's setpriv: sudo asks NSS, which tells no role.
	run setpriv --reuid builder-7 --regid builder-7 --clear-groups --reset-env -- sudo -n restart-app
	expect_status 1
	expect_no_output 'restarted'
}

@test "a setgid file of a wider session gives a narrower one no sudo" {
	run run_as_agent 'id -Gn; cp /usr/bin/env wide; chgrp agent-deploy wide; chmod g+s wide; ls -l wide'
	expect_status 0
	expect_output 'agent-deploy .*wide$'
	run run_as_agent './wide sudo -n restart-app' --claim 'scope="logs"'
	expect_no_output 'restarted'
	[ "$status" -ne 0 ]
	expect_audit ".service == \"sudo\" and .result == \"denied\" and .reason == \"$(is_sudo_rs && echo session_narrowed || echo role_denied)\""
}

@test "a setgid file of another agent's own group gives no sudo either" {
	local other=/var/tmp/others-env
	id other >/dev/null 2>&1 || new_agent other ES256 --role logs
	install -m 2755 -o other -g other /usr/bin/env $other
	echo '%other ALL = (root) NOPASSWD: /usr/bin/id' >/etc/sudoers.d/others
	chmod 440 /etc/sudoers.d/others
	run run_as_agent "$other sudo -n restart-app; sudo -n restart-app"
	rm /etc/sudoers.d/others $other
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "role_denied"'
	[ "$(grep -c '^restarted' <<<"$output")" -eq 1 ]
}

@test "an agent cannot change its shell, name or password" {
	run run_as_agent 'chsh -s /bin/sh </dev/null; chfn -f x </dev/null; echo x | passwd'
	[ "$status" -ne 0 ]
	expect_no_output 'updated successfully'
}

@test "an agent reads neither the registry's private half nor the log" {
	run run_as_agent "cat $STATE/current/policy.cdb; cat $AUDIT; ls /run/agentauth/sessions; cat /etc/agentauth/agentauth.conf | wc -c"
	[ "$(grep -c 'Permission denied' <<<"$output")" -ge 3 ]
	run cat "$STATE/current/policy.cdb"
	expect_status 0
}
