#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stock: `make install`, and then what enable puts into the host's own files and disable takes out of them again. People have
# ssh, su and sudo at every moment, and what is taken back is as it was, byte by byte.

load support
load advice
load people_watch

KEPT=/var/lib/agentauth/enable

setup_file() {
	make -C "$AGENTAUTH_BUILD" install >/var/log/install.out 2>&1 || { tail /var/log/install.out >&2; return 1; }
	rm -f /etc/pam.d/agentauth-run /etc/logrotate.d/agentauth
	# A stranger's host: a last line without an end, and owners, modes and attributes of its own.
	printf 'Set disable_coredump false' >/etc/sudo.conf
	chown root:adm /etc/pam.d/passwd
	acl set /etc/pam.d/passwd
	cp -a /etc /var/etc-before
}

setup() {
	log_mark
	audit_mark 2>/dev/null || :
}

# An access control list by which the user daemon may read the file too; none of the host's programs need be there.
acl() { # set|get FILE
	python3 -c '
import os, struct, sys
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in ((1, 6, 0xffffffff), (2, 4, 1), (4, 4, 0xffffffff), (16, 4, 0xffffffff), (32, 4, 0xffffffff)))
if sys.argv[1] == "set":
    os.setxattr(sys.argv[2], "system.posix_acl_access", acl)
else:
    print(os.getxattr(sys.argv[2], "system.posix_acl_access") == acl)' "$@"
}

etc_is_as_before() {
	rm -rf /etc/agentauth
	same_etc /var/etc-before
}
agent_works() {
	run by_key builder-7 'id -un; sudo -n restart-app'
	expect_status 0 && expect_output '^builder-7$' && expect_output '^restarted by root for builder-7$'
}
put_in() {
	run agentauthctl enable --yes "$@"
	expect_status 0
}
at_a_terminal() { # ANSWER COMMAND...
	ANSWER=$1 COMMAND="${*:2}" expect -c '
		set timeout 60
		spawn -noecho agentauthctl {*}$env(COMMAND)
		expect {\[y/N\] } { send "$env(ANSWER)\r" }
		expect eof
		exit [lindex [wait] 3]' | tr -d '\r'
	return "${PIPESTATUS[0]}"
}
taken_out() {
	run agentauthctl disable --yes "$@"
	expect_status 0
}

@test "before there is a registry it says what comes first, and changes nothing" {
	run agentauthctl enable --yes
	expect_status 1
	expect_output 'agentauthctl init comes first'
	run same_etc /var/etc-before
	expect_status 0
	host_init
}

@test "what would differ is shown, nobody is taken by surprise, and nothing is changed" {
	rm -rf /run/kept && cp -a /etc /run/kept
	run agentauthctl enable --dry-run
	expect_status 1
	expect_output '^\+\+\+ /etc/pam.d/common-auth$'
	expect_output '^\+auth.*pam_agentauth.so$'
	expect_output '^-passwd: +files systemd$'
	expect_output '^\+passwd: +files systemd agentauth$'
	expect_output '^\+Plugin agentauth_approval /usr/libexec/agentauth/agentauth_approval.so$'
	run agentauthctl enable </dev/null
	expect_status 1
	expect_output 'agentauthctl enable --dry-run shows how, and --yes says that this is meant\. Nothing was changed'
	run at_a_terminal n enable
	expect_status 1
	expect_output 'Change [0-9]+ files of this host so\? \[y/N\]'
	expect_output 'nothing was changed'
	run agentauthctl --statedir /run/elsewhere enable
	expect_status 2
	expect_output 'leave out --confdir and --statedir'
	run agentauthctl enable nowhere
	expect_status 2
	expect_output 'there is no part "nowhere"; --help names them. Of an agent: agentauthctl resume NAME'
	run same_etc /run/kept
	expect_status 0
	[ ! -e /run/agentauth.enable ]
}

@test "init, enable, role add, register, and the agent is in; people come in all the while" {
	watch_people
	run at_a_terminal y enable
	expect_status 0
	people_were_never_kept_out 1
	expect_output 'agentauthctl disable puts everything back'
	expect_output '^changed +/etc/pam.d/common-session$'
	expect_output '^made +/etc/ssh/sshd_config.d/agentauth.conf$'
	people_are_untouched
	new_agent builder-7 ES256
	agent_works
	run in_session 'sudo -n restart-app'
	expect_status 0
	doctor_is_silent
}

@test "done twice there is nothing to do, and no second copy" {
	local before
	before=$(ls -lR --time-style=full-iso $KEPT)
	run agentauthctl enable --yes
	expect_status 0
	expect_output '^There is nothing to do: this host.s logins ask for agents already\.$'
	run agentauthctl enable --dry-run
	expect_status 0
	run flock $KEPT agentauthctl disable --yes
	expect_status 1
	expect_output 'another agentauthctl enable or disable is at work'
	[ "$before" = "$(ls -lR --time-style=full-iso $KEPT)" ]
}

@test "owner, mode and attributes stay, in the file and in its copy" {
	local file
	for file in /etc/pam.d/passwd $KEPT/:etc:pam.d:passwd.before; do
		[ "$(stat -c '%U:%G %a' "$file")" = 'root:adm 644' ]
		[ "$(acl get "$file")" = True ]
	done
}

@test "a person starts an agent where enable has put in what that needs" {
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl set builder-7 --local-user alice >/dev/null
	run as_alice agentauth run builder-7 -- id -un
	[ "$status" -ne 0 ]
	put_in run
	run as_alice agentauth run builder-7 -- id -un
	expect_status 0
	expect_output '^builder-7$'
}

@test "disabled, the host is as it was, byte by byte, and enabled again the agent works again" {
	rm -rf /run/kept && mkdir /run/kept && cp -a /etc/agentauth /etc/sudoers.d /run/kept
	watch_people
	taken_out
	people_were_never_kept_out 1
	run by_key builder-7 true
	expect_status 255
	run etc_is_as_before
	expect_status 0
	run agentauthctl disable --yes
	expect_output '^There is nothing to do'
	cp -a /run/kept/agentauth /etc/
	put_in
	agent_works
}

sshd_of_a_key() { # [OPTION...]: the only sshd of this box
	[ ! -e /run/sshd.pid ] || kill "$(cat /run/sshd.pid)"
	wait_until test ! -e /run/sshd.pid
	/usr/sbin/sshd -E /var/log/sshd.log "$@" && wait_until test -s /run/sshd.pid
}

@test "sshd listens again once enable has ended, and one that does not come back is named" {
	local i
	for ((i = 0; i < 5; i++)); do
		taken_out sshd
		person_logs_in_by_key
		put_in sshd
		expect_no_output 'warning:'
		person_logs_in_by_key
	done
	taken_out sshd
	cp -p /etc/ssh/ssh_host_ed25519_key /run/own_key
	sshd_of_a_key -h /run/own_key
	rm /run/own_key
	run agentauthctl enable --yes sshd
	sshd_of_a_key
	expect_status 0
	expect_output 'sshd was told to read its configuration again, and does not listen any more: see what its log says'
	person_logs_in_by_key
	agent_works
}

@test "what an administrator wrote meanwhile stays, and our lines alone go" {
	sed -i '1i# looked at by alice' /etc/pam.d/common-auth
	echo 'Set probe_interfaces true' >>/etc/sudo.conf
	printf '\tX11Forwarding no\n' >>/etc/ssh/sshd_config.d/agentauth.conf
	sed -i 's/^passwd:.*/passwd: files agentauth systemd/' /etc/nsswitch.conf
	taken_out
	[ "$(head -n 1 /etc/pam.d/common-auth)" = '# looked at by alice' ]
	diff <(tail -n +2 /etc/pam.d/common-auth) /var/etc-before/pam.d/common-auth
	[ "$(cat /etc/sudo.conf)" = $'Set disable_coredump false\nSet probe_interfaces true' ]
	[ "$(cat /etc/ssh/sshd_config.d/agentauth.conf)" = $'Match Group agents\n\tX11Forwarding no' ]
	grep -qx 'passwd: files systemd' /etc/nsswitch.conf
	people_are_untouched
	cp -a /var/etc-before/{pam.d,sudo.conf,nsswitch.conf} /etc/
	rm /etc/ssh/sshd_config.d/agentauth.conf
}

@test "a line that a jump counts stays, and is named" {
	put_in pam
	sed -i '0,/^account/s//account [success=2 default=ignore] pam_localuser.so\n&/' /etc/pam.d/common-account
	run agentauthctl disable --yes pam
	expect_output '/etc/pam.d/common-account.*keeps our lines: a jump of another line counts them'
	grep -q pam_agentauth.so /etc/pam.d/common-account
	sed -i '/pam_localuser/d' /etc/pam.d/common-account
	taken_out pam
	run etc_pam_is_as_before
	expect_status 0
}
etc_pam_is_as_before() {
	diff -r /var/etc-before/pam.d /etc/pam.d && same_etc /var/etc-before/pam.d /etc/pam.d
}

@test "a stack that counts the lines of a common file keeps its count: services get lines of their own" {
	taken_out
	printf 'auth [success=1 default=ignore] pam_localuser.so\n@include common-auth\n' >/etc/pam.d/site
	run agentauthctl enable --dry-run pam
	expect_output '^\+\+\+ /etc/pam.d/sshd$'
	expect_no_output '^\+\+\+ /etc/pam.d/common-auth$'
	rm /etc/pam.d/site
	run agentauthctl enable --dry-run pam
	expect_output '^\+\+\+ /etc/pam.d/common-auth$'
	expect_no_output '^\+\+\+ /etc/pam.d/sshd$'
}

# What is in the way, and that nothing was changed.
refused() { # REGEX [PART]
	rm -rf /run/here
	cp -a /etc /run/here
	run agentauthctl enable --yes "${@:2}"
	expect_status 1 && expect_output "$1" || return
	run same_etc /run/here
	expect_status 0
}
@test "what the host's programs would not take is not put in place" {
	local plugin=/usr/libexec/agentauth/agentauth_approval.so
	echo 'NoSuchSetting yes' >>/etc/ssh/sshd_config
	refused 'sshd does not take its configuration as it is: .*NoSuchSetting' sshd
	cp -a /var/etc-before/ssh/sshd_config /etc/ssh/
	mv $plugin /run/plugin
	refused 'agentauth_approval.so.*is not there' sudo
	# A file that is there, and is no plugin: sudo itself is asked.
	printf '\177ELF and no more' >$plugin
	refused '/etc/sudo.conf.*sudo would not start with it' sudo
	mv /run/plugin $plugin
	chmod g+w /etc/pam.d/common-auth
	refused '/etc/pam.d/common-auth.*cannot be changed: others than root can write to it' pam
	chmod g-w /etc/pam.d/common-auth
	sed -i 's/^passwd:.*/passwd: systemd [NOTFOUND=return] files/' /etc/nsswitch.conf
	put_in nss
	grep -qx 'passwd: systemd \[NOTFOUND=return\] files agentauth' /etc/nsswitch.conf
	taken_out nss
	sed -i 's/^passwd:.*/passwd: systemd [NOTFOUND=return]/' /etc/nsswitch.conf
	refused '/etc/nsswitch.conf.*an action in brackets ends' nss
	cp -a /var/etc-before/nsswitch.conf /etc/
}

@test "where one file cannot be written, all that was written before it is as it was" {
	mount --bind /etc/nsswitch.conf /etc/nsswitch.conf
	refused '/etc/nsswitch.conf.*cannot be written: Device or resource busy'
	expect_status 0
	umount /etc/nsswitch.conf
	[ -z "$(ls $KEPT)" ]
	people_have_ssh_and_sudo
}

# Killed before its Nth rename; where it has fewer of them the command is done. ENABLE_STEP=1 takes them all, in some minutes.
killed_before() { # N COMMAND...
	{ strace -f -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when="$1" "${@:2}" >/dev/null; } 2>/dev/null
}
@test "killed at any moment people come in, and the next command takes all of it back" {
	local n kills=0
	for ((n = 1; n < 100; n += ${ENABLE_STEP:-7})); do
		! killed_before $n agentauthctl enable --yes || break
		kills=$((kills + 1))
		people_have_ssh_and_sudo || { echo "killed at $n" >&2; return 1; }
		[ ! -e $KEPT/journal ] || agentauthctl doctor | grep -q 'interrupted while it wrote'
		taken_out
		run etc_is_as_before
		expect_status 0 || { echo "killed at $n" >&2; return 1; }
		cp -a /run/kept/agentauth /etc/
	done
	taken_out
	for ((n = 1; n < 100; n += ${ENABLE_STEP:-7})); do
		put_in
		! killed_before $n agentauthctl disable --yes || break
		kills=$((kills + 1))
		people_have_ssh_and_sudo || { echo "killed at $n of disable" >&2; return 1; }
		taken_out
		run etc_is_as_before
		expect_status 0 || { echo "killed at $n of disable" >&2; return 1; }
		cp -a /run/kept/agentauth /etc/
	done
	echo "# $kills kills" >&3
	[ "$kills" -ge 4 ]
}
