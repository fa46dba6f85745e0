#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each wrong turn that a host's administrator can take on the way to an agent's first login, and each way in which the host
# refuses: what is printed here and on the agent's machine, to the letter, and that the login works once it is mended.

load support
load agents
load golden
load first_login

setup_file() {
	cp -a /etc/agentauth /run/before 2>/dev/null || :
	fresh_host
}
setup() {
	log_mark
	audit_mark
}

fresh_host() { :; }

@test "before init" {
	turn not-initialised-register agentauthctl register builder-7
	turn not-initialised-role agentauthctl role add deploy --service sshd
	turn not-initialised-list agentauthctl list
	turn not-initialised-show agentauthctl show builder-7
	turn not-initialised-check agentauthctl check
	turn not-root dev /usr/sbin/agentauthctl init
	turn not-root-register dev /usr/sbin/agentauthctl register builder-7
	turn not-root-list dev /usr/sbin/agentauthctl list
	first_login_is_made
	logs_in
	turn init-again agentauthctl init
}

@test "register: words" {
	turn register-twice agentauthctl register builder-7 --role deploy
	turn register-no-name agentauthctl register
	turn register-two-names agentauthctl register one two
	turn register-bad-name agentauthctl register Builder_8
	turn register-host agentauthctl register "builder-8@$HOST"
	turn register-reserved agentauthctl register docker
	turn register-person agentauthctl register alice
	turn register-no-role agentauthctl register builder-8 --role depoly
	turn register-no-file agentauthctl register builder-8 --role deploy --key builder-8.pub
	turn register-private agentauthctl register builder-8 --role deploy --key "$CONFIG/key.pem"
	turn register-key-twice agentauthctl register builder-8 --role deploy --key /run/builder-7.pub
	turn register-option agentauthctl register builder-9 --roles deploy
	turn register-option-far agentauthctl register builder-9 --frobnicate
	turn register-option-short agentauthctl register builder-9 -r deploy
	turn register-no-value agentauthctl register builder-9 --role
	turn register-without agentauthctl register builder-10
	turn command-unknown agentauthctl regsiter builder-9
	turn command-family-unknown agentauthctl role ad deploy
	turn command-none agentauthctl
	turn set-unknown agentauthctl set builder-6 --role deploy
	turn show-unknown agentauthctl show builder-6
	turn role-twice agentauthctl role add deploy --service sshd
	turn role-service agentauthctl role add other --service ssh
	turn role-sudo agentauthctl role add other --sudo systemctl
	turn role-none agentauthctl role add
	echo garbage >/run/garbage
	turn register-garbage agentauthctl register builder-11 --key /run/garbage
	turn register-expires agentauthctl register builder-11 --expires tomorrow
	agentauthctl register gone --role deploy >/dev/null; agentauthctl retire gone >/dev/null
	turn register-retired agentauthctl register gone
}

@test "edits" {
	echo 'roles = [' >>/etc/agentauth/agents.d/builder-7.conf
	turn edit-broken agentauthctl register builder-12
	turn edit-broken-apply agentauthctl apply
	cp /run/agentauth.before/agents.d/builder-7.conf /etc/agentauth/agents.d/builder-7.conf
	echo 'description = "x";' >>/etc/agentauth/agents.d/builder-7.conf
	turn edit-pending agentauthctl register builder-12
	turn edit-apply agentauthctl apply
	chmod 666 /etc/agentauth/agentauth.conf
	turn conf-writable agentauthctl register builder-12
	chmod 644 /etc/agentauth/agentauth.conf
}

@test "what the host refuses" {
	logs_in
	turn refused-control dev agentauth ssh "$AT" id -un
	turn suspend agentauthctl suspend builder-7
	turn suspended dev agentauth ssh "$AT" id -un
	turn resume agentauthctl resume builder-7
	logs_in
	agentauthctl set builder-7 --expires 2020-01-01
	turn expired dev agentauth ssh "$AT" id -un
	agentauthctl set builder-7 --expires never
	logs_in
	agentauthctl set builder-7 --source 192.0.2.0/24
	turn source dev agentauth ssh "$AT" id -un
	agentauthctl set builder-7 --sources ""
	logs_in
	agentauthctl set builder-7 --no-role deploy
	turn no-role dev agentauth ssh "$AT" id -un
	agentauthctl set builder-7 --role deploy
	agentauthctl role add local --service su
	agentauthctl set builder-7 --roles local
	turn service dev agentauth ssh "$AT" id -un
	agentauthctl set builder-7 --roles deploy
	logs_in
	dev agentauth keygen --out /home/dev/next.pem >/run/next.pub 2>/dev/null
	turn rotate agentauthctl rotate builder-7 --key /run/next.pub --grace 0
	turn rotated dev agentauth ssh "$AT" id -un
	cp /home/dev/next.pem "$CONFIG/key.pem"
	logs_in
	turn show agentauthctl show builder-7
	turn doctor agentauthctl doctor
}

@test "no such agent, no snippet" {
	dev agentauth profile add "nobody-7@$HOST" --name nobody
	turn no-such-agent dev agentauth ssh "nobody-7@$HOST" id -un
	mv /etc/ssh/sshd_config.d/agentauth.conf /root/
	second_sshd -o KbdInteractiveAuthentication=no
	turn no-snippet dev agentauth ssh -p 2222 -o StrictHostKeyChecking=no "$AT" id -un
	end_second_sshd
	mv /root/agentauth.conf /etc/ssh/sshd_config.d/
	agentauthctl register unrolled --key /run/builder-7.pub || :
	turn retire agentauthctl retire builder-7
	turn retired dev agentauth ssh "$AT" id -un
}
