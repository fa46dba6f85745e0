#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each wrong turn that a host's administrator can take on the way to an agent's first login, and each way in which the host
# refuses: what is printed here and on the agent's machine, to the letter, and that the login works once it is mended.

load support
load agents
load golden
load first_login

setup() {
	log_mark
	audit_mark
	[ -e /run/agentauth.before ] || return 0
	put_back
	put_host_back
}

CTL=/usr/sbin/agentauthctl # which dev's PATH has not

@test "before init" {
	turn not-initialised-register agentauthctl register builder-7
	turn not-initialised-role agentauthctl role add deploy --service sshd
	turn not-initialised-list agentauthctl list
	turn not-initialised-show agentauthctl show builder-7
	turn not-initialised-check agentauthctl check
	turn not-root dev $CTL init
	cured_by root 'agentauthctl init'
	turn not-root-register dev $CTL register builder-7
	turn not-root-role dev $CTL role add deploy
	turn not-root-show dev $CTL show builder-7
	rm -r /etc/agentauth /var/lib/agentauth
	first_login_is_made
	logs_in
	turn init-again agentauthctl init
	logs_in
}

# ---- words ----------------------------------------------------------------------------------------------------------

@test "register: a name that is taken, or is none" {
	turn register-twice agentauthctl register builder-7 --role deploy
	turn register-no-name agentauthctl register
	turn register-two-names agentauthctl register one two
	turn register-bad-name agentauthctl register Builder_8
	turn register-host agentauthctl register "builder-8@$HOST"
	turn register-reserved agentauthctl register docker
	turn register-person agentauthctl register alice
	agentauthctl register gone --role deploy
	agentauthctl retire gone
	turn register-retired agentauthctl register gone
	logs_in
}

@test "register: a key that is none, or is private" {
	turn register-no-file agentauthctl register builder-8 --role deploy --key builder-8.pub
	turn register-private agentauthctl register builder-8 --role deploy --key "$CONFIG/key.pem"
	cured_by root 'openssl pkey -in KEY -pubout' "s:KEY:$CONFIG/key.pem:" | cmp - /run/builder-7.pub
	turn register-private-line agentauthctl register builder-8 --key "ssh-ed25519"
	echo garbage >/run/garbage
	turn register-garbage agentauthctl register builder-8 --role deploy --key /run/garbage
	turn register-line-cut agentauthctl register builder-8 --role deploy --key 'ecdsa-sha2-nistp256 AAAAE2VjZHNh'
	openssl genrsa 1024 2>/dev/null | openssl rsa -pubout >/run/weak.pub 2>/dev/null
	turn register-weak agentauthctl register builder-8 --role deploy --key /run/weak.pub
	dev agentauth keygen --out /home/dev/8.pem 2>/run/told >/dev/null
	eval "$(sed -n 's/^  //p' /run/told | sed 's/NAME/builder-8/; s/ROLE/deploy/')"
	dev agentauth profile add "builder-8@$HOST" --key /home/dev/8.pem
	run dev agentauth ssh "builder-8@$HOST" id -un
	expect_output '^builder-8$'
	turn register-key-twice agentauthctl register builder-9 --role deploy --key /run/builder-7.pub
	agentauthctl retire builder-9
}

@test "register: roles and options" {
	turn register-no-role agentauthctl register builder-10 --role depoly
	turn register-option agentauthctl register builder-10 --roles deploy
	turn register-option-far agentauthctl register builder-10 --frobnicate
	turn register-option-short agentauthctl register builder-10 -r deploy
	turn register-no-value agentauthctl register builder-10 --role
	turn register-expires agentauthctl register builder-10 --expires tomorrow
	turn register-without agentauthctl register builder-10
	cured_by root 'agentauthctl set builder-10 --role ROLE' s/ROLE/deploy/
	cured_by root 'agentauthctl set builder-10 --key FILE' s:FILE:/run/builder-7.pub:
	logs_in
}

@test "commands and roles" {
	turn command-unknown agentauthctl regsiter builder-11
	turn command-family-unknown agentauthctl role ad deploy
	turn command-none agentauthctl
	turn set-unknown agentauthctl set builder-6 --role deploy
	turn show-unknown agentauthctl show builder-6
	turn role-twice agentauthctl role add deploy --service sshd
	turn role-service agentauthctl role add other --service ssh
	turn role-sudo agentauthctl role set other --sudo systemctl
	turn role-none agentauthctl role add
}

# ---- the text -------------------------------------------------------------------------------------------------------

@test "the text is broken, half done, or anybody's" {
	local file=/etc/agentauth/agents.d/builder-7.conf
	echo 'roles = [' >>$file
	turn edit-broken agentauthctl set builder-7 --owner somebody
	turn edit-broken-apply agentauthctl apply
	cp /run/agentauth.before/agents.d/builder-7.conf $file
	agentauthctl apply >/dev/null
	echo 'description = "x";' >>$file
	turn edit-pending agentauthctl set builder-7 --owner somebody
	cured_by root 'agentauthctl apply'
	agentauthctl set builder-7 --owner somebody
	chmod 666 /etc/agentauth/agentauth.conf
	turn conf-writable agentauthctl set builder-7 --owner nobody
	cured_by root "chmod go-w '.*'"
	agentauthctl set builder-7 --owner nobody
	chmod 777 /etc/agentauth/agents.d
	turn conf-folder-writable agentauthctl set builder-7 --owner nobody-else
	cured_by root "chmod go-w '.*'"
	chown dev $file
	turn conf-owner agentauthctl set builder-7 --owner nobody-else
	cured_by root "chown root '.*'"
	agentauthctl set builder-7 --owner nobody-else
	logs_in
}

# ---- what the host refuses ------------------------------------------------------------------------------------------

# What agentauthctl show says of the last login, without all else that it says of the agent.
show_refused() { # AGENT
	agentauthctl show "$1" | sed -n -e '1p' -e '/^  refused/,/^  [a-z]/{/^  refused/p;/^   /p}'
}

# Nothing but a login that is refused, and what the host says of it; the cure that it names is tried by the caller.
refused() { # TURN REASON
	turn "$1" dev agentauth ssh "$AT" id -un
	expect_status 255
	expect_output 'agentauthctl show builder-7'
	turn "$1-why" show_refused builder-7
	expect_output "^  refused .*\\($2"
}

@test "refused: suspended, expired" {
	agentauthctl suspend builder-7 >/dev/null
	refused suspended agent_suspended
	cured_by root 'agentauthctl resume builder-7'
	logs_in
	agentauthctl set builder-7 --expires 2020-01-01
	refused expired agent_expired
	cured_by root 'agentauthctl set builder-7 --expires never'
	logs_in
	run agentauthctl show builder-7
	expect_no_output '^  refused'
}

@test "refused: an address, a service, no role" {
	agentauthctl set builder-7 --source 192.0.2.0/24
	refused source source_denied
	cured_by root 'agentauthctl set builder-7 --source [0-9.:]*'
	logs_in
	agentauthctl role add local --service su
	agentauthctl set builder-7 --roles local
	refused service service_denied
	cured_by root 'agentauthctl set builder-7 --role ROLE' s/ROLE/deploy/
	logs_in
	agentauthctl set builder-7 --roles ''
	refused no-role role_denied
	cured_by root 'agentauthctl set builder-7 --role ROLE' s/ROLE/deploy/
	logs_in
	turn scope dev env AGENTAUTH_ASK_SCOPE=logs agentauth ssh "$AT" id -un
	turn scope-why show_refused builder-7
	logs_in
}

@test "refused: a key that is rotated, expired, revoked, not registered" {
	dev agentauth keygen --out /home/dev/next.pem 2>/dev/null >/run/next.pub
	agentauthctl rotate builder-7 --key /run/next.pub --grace 0
	refused rotated key_expired
	cp /home/dev/next.pem "$CONFIG/key.pem"
	logs_in
	dev agentauth keygen --out /home/dev/mine.pem 2>/run/told >/dev/null
	cp /home/dev/mine.pem "$CONFIG/key.pem"
	refused key-unknown unknown_key
	eval "agentauthctl set builder-7 $(grep -o "\-\-key '.*'" /run/told)"
	logs_in
	agentauthctl revoke --kid "$(dev agentauth ssh "$AT" true; agentauthctl --json show builder-7 | jq -r '.agent.keys[-1].kid')"
	refused revoked revoked
	run agentauthctl revoke --list
	agentauthctl revoke --kid "$(grep -oE '[A-Za-z0-9_-]{43}' <<<"$output")" --undo
	sleep 1
	logs_in
}

@test "refused: the audience that the host has is another" {
	sed -i 's|"ssh://web01.example.com"|"ssh://web01"|' /etc/agentauth/agentauth.conf
	agentauthctl apply
	turn audience dev agentauth ssh "$AT" id -un
	sed -i "s|audiences = .*|$(grep -oE 'audiences = \[ .* \];' <<<"$output")|" "$CONFIG/config"
	logs_in
}

# The clock of the agent's machine alone is turned: what it signs is signed then.
@test "refused: the agent's clock is behind, or ahead" {
	clock_is() { # SECONDS
		"$HERE/forge" --agent builder-7 --key /run/clock.pem --claim "iat=@$1" --claim "exp=@$(($1 + 60))" >/home/dev/token
		printf '#!/bin/sh\ncat /home/dev/token\n' >/home/dev/askpass
		chmod 755 /home/dev/askpass
		chown dev: /home/dev/token
	}
	dev agentauth keygen --out /home/dev/clock.pem 2>/dev/null >/run/clock.pub
	cp /home/dev/clock.pem /run/clock.pem
	agentauthctl set builder-7 --key /run/clock.pub
	clock_is -3600
	run dev env SSH_ASKPASS=/home/dev/askpass SSH_ASKPASS_REQUIRE=force ssh -o NumberOfPasswordPrompts=1 "$AT" true
	expect_status 255
	turn clock-behind-why show_refused builder-7
	expect_output 'compare date -u'
	clock_is 3600
	run dev env SSH_ASKPASS=/home/dev/askpass SSH_ASKPASS_REQUIRE=force ssh -o NumberOfPasswordPrompts=1 "$AT" true
	expect_status 255
	turn clock-ahead-why show_refused builder-7
	expect_output 'compare date -u'
	clock_is 0
	run dev env SSH_ASKPASS=/home/dev/askpass SSH_ASKPASS_REQUIRE=force ssh -o NumberOfPasswordPrompts=1 "$AT" true
	expect_status 0
}

@test "no such agent, and an sshd that does not ask agentauth" {
	dev agentauth profile add "nobody-7@$HOST" --name nobody
	turn no-such-agent dev agentauth ssh "nobody-7@$HOST" id -un
	run cured_by root 'agentauthctl show nobody-7'
	expect_output 'there is no agent "nobody-7"'
	second_sshd -o KbdInteractiveAuthentication=yes
	turn no-such-agent-kbd dev agentauth ssh -p 2222 -o StrictHostKeyChecking=no "nobody-7@$HOST" id -un
	end_second_sshd
	mv /etc/ssh/sshd_config.d/agentauth.conf /root/
	second_sshd -o KbdInteractiveAuthentication=no
	turn no-snippet dev agentauth ssh -p 2222 -o StrictHostKeyChecking=no "$AT" id -un
	end_second_sshd
	run cured_by root 'agentauthctl doctor'
	expect_output 'PROBLEM +sshd'
	cured_by root 'agentauthctl enable --yes sshd'
	second_sshd
	run dev agentauth ssh -p 2222 -o StrictHostKeyChecking=no "$AT" id -un
	expect_output '^builder-7$'
	end_second_sshd
}

@test "refused: retired" {
	turn retire agentauthctl retire builder-7
	turn retired dev agentauth ssh "$AT" id -un
	turn retired-why show_refused builder-7
}
