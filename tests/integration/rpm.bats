#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stock: agentauth comes to this host by its RPMs, and goes from it; sshd, sudo and su have Fedora's stacks, with the profile that
# the package made for authselect. People have ssh and sudo.

load support
load agents
load advice

RPMS=$AGENTAUTH_BUILD/rpm/RPMS
rpms() {
	rpm --dbpath /var/rpmdb "$@" >>/var/log/rpm.out 2>&1
}

# A profile in the form of authselect's, as small as one can be.
base_profile() { # DIRECTORY
	mkdir -p "$1"
	echo 'Local users only' >"$1/README"
	printf '%s\n' 'passwd:     files {if "with-altfiles":altfiles }systemd' 'shadow:     files' \
		'group:      files systemd {exclude if "with-group-merging"}' \
		'group:      files [SUCCESS=merge] systemd [SUCCESS=merge] {include if "with-group-merging"}' >"$1/nsswitch.conf"
	cat >"$1/system-auth" <<-'END'
		auth        required                    pam_env.so
		auth        required                    pam_faillock.so preauth silent   {include if "with-faillock"}
		auth        sufficient                  pam_unix.so {if not "without-nullok":nullok}
		auth        required                    pam_deny.so

		account     required                    pam_access.so                    {include if "with-pamaccess"}
		account     required                    pam_unix.so

		password    sufficient                  pam_unix.so yescrypt shadow
		password    required                    pam_deny.so

		session     optional                    pam_keyinit.so revoke
		session     required                    pam_limits.so
		-session    optional                    pam_systemd.so
		session     [success=1 default=ignore]  pam_succeed_if.so service in crond quiet use_uid
		session     required                    pam_unix.so
	END
	cp "$1/system-auth" "$1/password-auth"
}
# What authselect makes of a template without features.
selected() { # FILE
	sed -E '/\{include if /d; s/\{exclude if [^}]*\}//; s/\{if not "[^"]*":([^}]*)\}/\1/g; s/\{if "[^"]*":[^}]*\}//g' "$1"
}
fedora_stacks() { # PROFILE
	selected "$1/system-auth" >/etc/pam.d/system-auth
	selected "$1/password-auth" >/etc/pam.d/password-auth
	sed -i '/^\(passwd\|group\):/d' /etc/nsswitch.conf
	selected "$1/nsswitch.conf" | grep -E '^(passwd|group):' >>/etc/nsswitch.conf
	printf '%s\n' 'auth substack password-auth' 'account required pam_nologin.so' 'account include password-auth' \
		'password include password-auth' 'session required pam_loginuid.so' 'session include password-auth' >/etc/pam.d/sshd
	printf '%s\n' 'auth include system-auth' 'account include system-auth' 'password include system-auth' \
		'session include system-auth' >/etc/pam.d/sudo
	printf '%s\n' 'auth sufficient pam_rootok.so' 'auth substack system-auth' 'account sufficient pam_succeed_if.so uid = 0 use_uid quiet' \
		'account include system-auth' 'session include system-auth' >/etc/pam.d/su
}
agent_works() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'id -un; sudo -n restart-app'
	expect_status 0 && expect_output '^builder-7$' && expect_output '^restarted by root for builder-7$'
}

setup() {
	log_mark
	audit_mark
}

@test "RPMs have what Debian's packages have, but for what is of the other system alone" {
	local list=$BATS_TEST_DIRNAME/../../packaging/rpm/contents
	run diff <("$list" "$AGENTAUTH_BUILD/packages") <("$list" "$(dirname "$RPMS"/*/agentauth-host*.rpm)")
	[ "$(grep '^[<>]' <<<"$output")" = "\
> agentauth-host /usr/libexec/agentauth/authselect-profile
> agentauth-host /usr/share/agentauth/pam-config
< libpam-agentauth /usr/share/pam-configs/agentauth" ] || { echo "$output" >&2; return 1; }
	# The control: a file less is seen.
	run diff <("$list" "$AGENTAUTH_BUILD/packages") <("$list" "$(dirname "$RPMS"/*/agentauth-host*.rpm)" | grep -v pam_agentauth.so)
	expect_output '^< libpam-agentauth /usr/lib/security/pam_agentauth.so$'
}

@test "installed, they let people alone, and an agent comes in by the profile made of authselect's" {
	rpms -i --nodeps --force-debian "$RPMS"/*/*.rpm
	people_have_ssh_and_sudo
	grep -q 'nobody logs in otherwise than before. Next: authselect select agentauth-local' /var/log/rpm.out
	base_profile /usr/share/authselect/default/local
	/usr/libexec/agentauth/authselect-profile /usr/share/agentauth/pam-config /usr/share/authselect/default/local \
		/usr/share/authselect/vendor/agentauth-local
	grep -q 'systemd agentauth {exclude if "with-group-merging"}$' /usr/share/authselect/vendor/agentauth-local/nsswitch.conf
	fedora_stacks /usr/share/authselect/vendor/agentauth-local
	cp /usr/share/agentauth/sshd_config.d/agentauth.conf /etc/ssh/sshd_config.d/
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256
	reload_sshd
	agent_works
	people_have_ssh_and_sudo
	[ "$(as bob su alice -c 'id -un' <<<alice-password 2>/dev/null)" = alice ]
}

@test "in these stacks who is suspended is refused, and without the module agents are, people not" {
	local module
	agentauthctl suspend builder-7 >/dev/null
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id
	expect_status 255
	agentauthctl resume builder-7 >/dev/null
	module=$(echo /usr/lib/*/security/pam_agentauth.so)
	mv "$module" /var/module
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id
	expect_status 255
	people_have_ssh_and_sudo
	mv /var/module "$module"
	agent_works
}

@test "removed, sudo.conf names no plugin that is gone, and people have ssh and sudo" {
	rpms -e --nodeps agentauth agentauth-host pam_agentauth nss_agentauth
	[ ! -e /usr/libexec/agentauth/agentauth_approval.so ]
	run grep '^Plugin .*agentauth' /etc/sudo.conf
	expect_status 1
	[ ! -e /usr/share/authselect/vendor/agentauth-local ]
	people_have_ssh_and_sudo
	[ -e /etc/agentauth/agents.d/builder-7.conf ]
}
