#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor: a host that is as shipped is in order. Each thing that is not as it should be is planted, is named, and is mended by
# the command that doctor prints, done to the letter by root; people have ssh and sudo before and after it.

# shellcheck disable=SC2030,SC2031,SC2154  # advice.bash gives order
load support
load advice
load doctor

setup_file() {
	doctors_host
}
setup() {
	log_mark
	audit_mark
}
teardown() {
	as_shipped
}

@test "the shipped host is in order, and doctor says nothing else" {
	expect_order
	[ "$(grep -vc '^note\|^$' <<<"$output")" -eq 1 ]
	run agentauthctl --json doctor
	jq -e '.problems == 0 and ([.findings[].check] | unique | length) >= 20
		and all(.findings[]; .finding == "ok" or (.finding == "note" and .check == "homes"))' <<<"$output"
	agent_gets_in
	people_have_ssh_and_sudo
}

@test "a problem has what is wrong, why it matters, and what to do" {
	rm /etc/cron.d/agentauth-reap
	run agentauthctl --json doctor
	expect_status 1
	jq -e '.problems == 1 and any(.findings[]; .finding == "problem" and .check == "deadlines" and .text != "" and .why != ""
		and (.cure | . == "agentauthctl enable --yes timers"))' <<<"$output"
	mended deadlines 'cron'
}

@test "Defaults by which sudo does not ask us, or refuses agents" {
	local setting
	# What is published sets two of them for agents by itself; a line that comes after it takes them back.
	echo 'Defaults !pam_session, !pam_setcred' >/etc/sudoers.d/site
	chmod 440 /etc/sudoers.d/site
	expect_order
	for setting in '!pam_acct_mgmt' ':%agents !pam_session' ':%agents !pam_setcred' pam_service=su pam_login_service=su-l requiretty intercept \
		rootpw targetpw runaspw; do
		case $setting in :*) echo "Defaults$setting" ;; *) echo "Defaults $setting" ;; esac >/etc/sudoers.d/site
		chmod 440 /etc/sudoers.d/site
		setting=${setting#* }
		expect_problem defaults "sudoers set ${setting%=*}"
		sh -e -c "$(agentauthctl --json doctor | jq -r '.findings[] | select(.finding == "problem").cure')"
		expect_order
		rm -f /etc/sudoers.d/site /etc/sudoers.d/zz-agentauth
	done
	echo 'Defaults !pam_acct_mgmt, pam_login_service=su-l' >/etc/sudoers.d/site
	chmod 440 /etc/sudoers.d/site
	expect_problem defaults 'sudoers set !pam_acct_mgmt'
	done_to_the_letter
}

@test "Defaults for others, and those that are for the agents after all" {
	printf 'Defaults:alice !pam_acct_mgmt\nDefaults:%%sudo rootpw\nDefaults requiretty\nDefaults:%%agents !requiretty\n' \
		>/etc/sudoers.d/site
	chmod 440 /etc/sudoers.d/site
	expect_order
	printf 'Defaults:builder-7 targetpw\n' >/etc/sudoers.d/site
	expect_problem defaults 'sudoers set targetpw for .*builder-7'
	printf 'Defaults!/usr/bin/id !pam_session\n' >/etc/sudoers.d/site
	expect_problem defaults 'sudoers set !pam_session for .*/usr/bin/id'
}

@test "sudoers that are not read, were changed, or are broken by somebody else" {
	sed -i '/includedir/d' /etc/sudoers
	mended sudoers 'no @includedir /etc/sudoers.d'
	sed -i 's/restart-app/anything/' /etc/sudoers.d/agentauth
	mended sudoers 'not what was published'
	echo 'what is this' >/etc/sudoers.d/by-hand
	chmod 440 /etc/sudoers.d/by-hand
	expect_problem sudoers 'visudo -c .*by-hand'
	rm /etc/sudoers.d/by-hand
	mv /usr/sbin/visudo /root/
	run agentauthctl doctor
	mv /root/visudo /usr/sbin/
	expect_status 1
	told 'As root: apt-get install ([a-z]+)'
	dpkg -S /usr/sbin/visudo | grep -q "^$order:"
}

@test "the approval plugin not loaded, or gone while a line names it: nobody has sudo, and that is said first" {
	sed -i 's/^Plugin agentauth/# &/' /etc/sudo.conf
	mended approval 'commands of ops should wait .*sudo.conf does not load it'
	sed -i 's|^\(Plugin agentauth_approval\) .*|\1 agentauth_approval.so|' /etc/sudo.conf
	run person_runs_sudo
	[ "$status" -ne 0 ]
	run agentauthctl doctor
	expect_status 1
	[[ "${lines[0]}" =~ ^PROBLEM\ \ sudo\ .*'Nobody on this host has sudo' ]]
	expect_no_output 'UNASKED'
	sh -e -c "$(sed -n 's/.*As root: //p' <<<"$output" | head -n 1)"
	people_have_ssh_and_sudo
	expect_order
}

@test "sudo on a file system that is mounted nosuid, or without its bit" {
	chmod u-s /usr/bin/sudo
	expect_problem sudo-file 'set-user-ID'
	done_to_the_letter
	mount --bind /usr/bin /usr/bin
	mount -o remount,bind,nosuid /usr/bin
	expect_problem sudo-file 'mounted nosuid'
	done_to_the_letter
	umount -l /usr/bin
	expect_order
}

@test "sudo-rs as the sudo" {
	printf '#!/bin/sh\necho "sudo-rs 0.2.8"\n' >/usr/local/sbin/sudo-rs
	chmod 4755 /usr/local/sbin/sudo-rs
	# As Ubuntu has it: both are there, and one of them is the sudo.
	cp -a /usr/bin/sudo /usr/bin/sudo.ws
	update-alternatives --quiet --install /usr/sbin/sudo sudo /usr/local/sbin/sudo-rs 50
	update-alternatives --quiet --install /usr/sbin/sudo sudo /usr/bin/sudo.ws 40
	run agentauthctl doctor
	expect_status 1
	expect_output '^PROBLEM  sudo-file +sudo is sudo-rs 0\.2\.8, .* grant nothing: write role_groups = "entry"; into host'
	told 'As root: (update-alternatives --set sudo /usr/bin/sudo.ws)'
	obey
	person_runs_sudo
	expect_order
	update-alternatives --quiet --remove-all sudo
	rm /usr/bin/sudo.ws
	expect_order
}

@test "doas that permits agents, and doas that permits people" {
	printf '#!/bin/sh\n' >/usr/local/bin/doas
	chmod 755 /usr/local/bin/doas
	printf 'permit persist :sudo\npermit nopass alice as root cmd id\npermit %s\npermit :%s\ndeny :agents\n' "$(id -u alice)" "$(id -g alice)" >/etc/doas.conf
	expect_order
	printf 'permit persist :sudo\npermit nopass setenv { A=b C } :agents as root cmd id\n' >/etc/doas.conf
	mended doas '/etc/doas.conf:2 permits doas to :agents'
	echo 'permit nopass builder-7' >>/etc/doas.conf
	mended doas 'permits doas to builder-7'
	# doas takes numbers and quotes, too.
	printf 'permit nopass %s\n' "$(id -u builder-7)" >/etc/doas.conf
	mended doas "permits doas to $(id -u builder-7)"
	printf 'permit nopass :%s\n' "$(id -g builder-7)" >/etc/doas.conf
	mended doas "permits doas to :$(id -g builder-7)"
	echo 'permit ":agents"' >/etc/doas.conf
	mended doas 'permits doas to ":agents"'
	rm /usr/local/bin/doas
}

@test "an nsswitch.conf that does not ask us, and one with a line initgroups" {
	sed -i 's/ agentauth//' /etc/nsswitch.conf
	mended nsswitch 'does not name agentauth for passwd and group'
	sed -i '/^group:/s/ agentauth//' /etc/nsswitch.conf
	mended nsswitch 'does not name agentauth for group'
	sed -i 's/^passwd:.*/passwd: files [NOTFOUND=return] systemd # of this site/; s/^group:.*/group: files [SUCCESS=merge] systemd/' /etc/nsswitch.conf
	mended nsswitch 'does not name agentauth for passwd and group'
	run grep -E '^(passwd|group):' /etc/nsswitch.conf
	expect_output '^passwd: files agentauth \[NOTFOUND=return\] systemd # of this site$'
	expect_output '^group: files \[SUCCESS=merge\] systemd agentauth *$'
	as_shipped
	echo 'initgroups: files' >>/etc/nsswitch.conf
	expect_problem nsswitch 'line initgroups without agentauth'
	expect_problem groups 'does not have the group agents'
	done_to_the_letter
}

@test "an agent that somebody put into docker" {
	groupadd --system docker
	usermod --append --groups docker builder-7 2>/dev/null || sed -i 's/^docker:.*/&builder-7/' /etc/group
	run id builder-7
	expect_output 'docker'
	mended power 'builder-7 is in the local group docker'
	groupdel docker
}

# An account that a tool wrote into /etc/passwd, past useradd, which would have asked NSS.
@test "a person whom /etc/passwd has by an agent's name keeps the groups, and what to do lets others be published" {
	local passwd
	passwd=$(</etc/passwd)
	agentauthctl register aaron --role deploy >/dev/null # the first that doctor looks at
	echo 'aaron:x:2001:2001::/home/aaron:/bin/bash' >>/etc/passwd
	sed -i 's/^sudo:.*[^:]$/&,aaron/; s/^sudo:.*:$/&aaron/' /etc/group
	run id -nG aaron
	expect_output 'sudo'
	expect_problem names 'there is an account aaron in /etc/passwd, who keeps the name'
	expect_output '^1 problem\.$'
	expect_no_output 'gpasswd|for aaron'
	run agentauthctl set builder-7 --owner o@example.com
	expect_status 1
	expect_output 'where the agent is registered already, agentauthctl retire aaron ends it'
	sh -e -c "$(grep -oE 'agentauthctl retire aaron' <<<"$output" | head -n 1)"
	agentauthctl set builder-7 --owner o@example.com
	run id -nG aaron
	expect_output 'sudo'
	expect_order
	echo "$passwd" >/etc/passwd
	agent_gets_in
}

@test "a person whom /etc/passwd has with an agent's uid: both are named, and what may be done" {
	local passwd
	passwd=$(</etc/passwd)
	echo "zed:x:$(id -u builder-7):2001::/home/zed:/bin/bash" >>/etc/passwd
	agentauthctl doctor >"$BATS_TEST_TMPDIR/doctor" || :
	run agentauthctl set builder-7 --owner p@example.com
	sed -i 's/^zed:x:[0-9]*:/zed:x:2002:/' /etc/passwd # as it says
	agentauthctl set builder-7 --owner q@example.com >/dev/null
	agentauthctl doctor >"$BATS_TEST_TMPDIR/after"
	echo "$passwd" >/etc/passwd
	expect_status 1
	expect_output 'belongs to "zed" in /etc/passwd already, .*agentauthctl retire builder-7 ends it'
	grep -Eq '^PROBLEM  names +builder-7 has the uid [0-9]+, which /etc/passwd has for zed' "$BATS_TEST_TMPDIR/doctor"
	grep -q 'Give that account another uid, or end the agent: agentauthctl retire builder-7' "$BATS_TEST_TMPDIR/doctor"
	run cat "$BATS_TEST_TMPDIR/after"
	expect_output '^No problem found'
	agent_gets_in
}

@test "a rule of sudo for an agent, and an agent whose name another source of names knows" {
	echo 'builder-7 ALL=(root) /usr/bin/id' >/etc/sudoers.d/site
	chmod 440 /etc/sudoers.d/site
	expect_problem power "builder-7 is an agent, and this host's sudoers name it"
	sed -i 's/builder-7/bob/' /etc/sudoers.d/site
	expect_order
	echo 'builder-7:x:70000:' >"$STATE/withheld.passwd"
	run agentauthctl doctor
	rm "$STATE/withheld.passwd"
	expect_status 1
	expect_output '^PROBLEM  names +another source of names knows a person .* builder-7'
}

@test "damaged ids, a damaged journal, and one that a command left that was killed" {
	local ids=$STATE/ids journal=$STATE/journal
	cp -a "$ids" "$BATS_TEST_TMPDIR/ids"
	echo 'use agent builder-8' >>"$ids"
	expect_problem state "$ids:[0-9]+: this line is damaged"
	run agentauthctl set builder-7 --owner x@example.com
	expect_status 1
	cp -a "$BATS_TEST_TMPDIR/ids" "$ids"
	expect_order
	printf 'use agent builder-8' >>"$ids" # a crash cut it short, and it does not count
	run agentauthctl doctor
	cp -a "$BATS_TEST_TMPDIR/ids" "$ids"
	expect_no_output ' state '
	echo 'generation' >"$journal"
	chmod 600 "$journal"
	expect_problem state 'the file journal in it is damaged'
	rm "$journal"
	expect_order
	printf 'generation 999999 ids %s again\n' "$(stat -c %s "$ids")" >"$journal"
	chmod 600 "$journal"
	mended state 'was interrupted while it published generation 999999'
}

@test "what was suspended and revoked cannot be told" {
	agentauthctl suspend builder-7 >/dev/null
	agent_is_refused() {
		run by_key builder-7 id -un
		[ "$status" -ne 0 ]
	}
	mv "$STATE/state" /root/state
	run agentauthctl doctor --fix
	expect_status 1
	told "PROBLEM +decisions +$STATE/state does not tell who is suspended and what is revoked. Put it back from a backup; if it is made anew.*Every agent is refused.*As root: (agentauthctl init)"
	[ ! -e "$STATE/state" ]
	agent_is_refused
	cp -a /root/state "$STATE/state" # from a backup
	expect_order
	agent_is_refused
	agentauthctl resume builder-7 >/dev/null
	rm -r "$STATE/state/revoked/kid"
	mended decisions 'does not tell who is suspended'
	rm -r /root/state
}

@test "ids that something else gives out are noted" {
	run agentauthctl doctor
	expect_no_output '^note +ids '
	cp -a /etc/subuid "$BATS_TEST_TMPDIR"
	echo 'bob:70000:1000' >>/etc/subuid
	run agentauthctl doctor
	cp -a "$BATS_TEST_TMPDIR/subuid" /etc/
	expect_status 0
	expect_output '^note +ids +.*gives bob the ids 70000 to 70999'
}

@test "directories that others can write, no room for the log, a registry that is gone" {
	chmod 777 /var/log/agentauth
	mended audit 'nobody else can write'
	mount -t tmpfs -o mode=700,size=1M full /var/log/agentauth
	run agentauthctl doctor
	umount /var/log/agentauth
	expect_status 1
	expect_output '^PROBLEM  space +less than 64 MB are free where /var/log/agentauth is'
	mv "$STATE/current" /root/current
	run agentauthctl doctor
	mv /root/current "$STATE/current"
	expect_status 1
	expect_output '^PROBLEM  registry +nothing is published'
	expect_order
}

@test "sessions of one agent that are no boundary are a note" {
	agentauthctl set builder-7 --role ops >/dev/null
	run agentauthctl doctor
	expect_status 0
	expect_output '^note +mixing +1 agent \(builder-7\) '
	told 'which are no boundary between each other: use two agents, or (mixed_sessions) = "(refuse)"'
	agentauthctl set builder-7 "--${order//_/-}" "${BASH_REMATCH[2]}" >/dev/null
	run agentauthctl doctor
	expect_no_output 'mixing'
	agentauthctl set builder-7 --mixed-sessions allow --role deploy >/dev/null
}

# As the timer does, ten minutes after the last time.
ten_minutes_later() {
	touch -d '11 minutes ago' /run/agentauth/doctor
	run agentauthctl doctor --log
	expect_no_output .
}
n_logged() { # PATTERN
	tail -c "+$(($(cat "$BATS_TEST_TMPDIR/box.mark") + 1))" /var/log/box.log | grep -c "agentauth: doctor: $1" || :
}

@test "from the timer problems go to the log: once, again when they change or a day has gone, and when none is left" {
	run agentauthctl doctor --log
	expect_status 0
	expect_no_output .
	wait_until test -e /run/agentauth/doctor
	sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
	run agentauthctl doctor --log # it has just looked
	expect_status 0
	ten_minutes_later
	expect_status 1
	wait_until test "$(n_logged 'usepam: .*UsePAM is off. As root: ')" -eq 1
	ten_minutes_later
	rm /etc/cron.d/agentauth-reap
	[ "$(n_logged usepam)" -eq 1 ]
	ten_minutes_later
	[ "$(n_logged usepam)" -eq 2 ] && [ "$(n_logged deadlines)" -eq 1 ]
	sed -i "1s/.*/$(date -d '25 hours ago' +%s)/" /run/agentauth/doctor
	ten_minutes_later
	[ "$(n_logged usepam)" -eq 3 ]
	cp -a /root/kept/ssh/sshd_config /etc/ssh/
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
	ten_minutes_later
	expect_status 0
	[ "$(n_logged 'no problem is left')" -eq 1 ]
	grep -q 'agentauthctl doctor --log' /etc/cron.d/agentauth-reap /usr/lib/systemd/system/agentauth-reap.service ||
		grep -rq 'agentauthctl doctor --log' /lib/systemd/system/agentauth-reap.service
}
