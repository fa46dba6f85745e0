#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What SELinux's policy has to allow is measured, not remembered: each file that the modules touch has a context in it, and each
# kind of access a rule. The policy compiles.

load support
load agents

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256
	new_agent refused ES256
	agentauthctl suspend refused >/dev/null
	"$TOP/packaging/selinux/touched" \
		"$(asked builder-7 "$(token_file builder-7)" 'sudo -n restart-app')" \
		"setpriv --reuid dev --regid dev --init-groups --reset-env -- ssh -i $(key_of builder-7) -o BatchMode=yes builder-7@$HOST true" \
		"$(asked refused "$(token_file refused)" true)" \
		"su builder-7 -c true" \
		"setpriv --reuid dev --regid dev --init-groups --reset-env -- ssh -i /home/dev/.ssh/id_alice -o BatchMode=yes alice@$HOST true" \
		>/var/touched.tsv
	cp /var/touched.tsv "$AGENTAUTH_BUILD/look/touched.tsv"
}
asked() { # AGENT TOKENFILE COMMAND: ssh_with, as one line for another shell
	echo "setpriv --reuid dev --regid dev --init-groups --reset-env -- env TOKEN_FILE=$2 SSH_ASKPASS=$CLIENTS/answer SSH_ASKPASS_REQUIRE=force ssh -o NumberOfPasswordPrompts=1 $1@$HOST '$3'"
}
key_of() { # AGENT: its key, as ssh takes it
	echo "$KEYS/$1.pem"
}

@test "what the modules touch is on the list in the tree, and the list has hardly more" {
	local list=$TOP/packaging/selinux/touched.tsv
	run env LC_ALL=C comm -13 <(LC_ALL=C sort "$list") <(LC_ALL=C sort /var/touched.tsv)
	expect_output '^$'
	# Who waits for whom differs from run to run.
	[ "$(LC_ALL=C comm -12 <(LC_ALL=C sort "$list") <(LC_ALL=C sort /var/touched.tsv) | wc -l)" -ge "$(($(wc -l <"$list") * 9 / 10))" ]
}

@test "each path has a context of its own, and each access a rule for the domains that have it" {
	run "$TOP/packaging/selinux/covered" "$TOP/packaging/selinux" /var/touched.tsv
	expect_status 0
	# The control: a path and an access that nobody has thought of.
	printf 'sshd\tread\t/var/lib/agentauth-other/x\nsshd\twrite\t/var/lib/agentauth/current/policy.cdb\n' >/run/odd.tsv
	run "$TOP/packaging/selinux/covered" "$TOP/packaging/selinux" /run/odd.tsv
	expect_status 1
	expect_output 'no context: /var/lib/agentauth-other/x'
	expect_output 'no rule: write of agentauth_lib_t'
}

@test "the policy compiles against Debian's reference policy, and a rule with a slip does not" {
	cp -r "$TOP/packaging/selinux" /var/selinux
	run make -C /var/selinux -f /usr/share/selinux/devel/Makefile agentauth.pp
	expect_status 0
	[ -s /var/selinux/agentauth.pp ]
	echo 'allow pam_domain agentauth_nosuch_t:file read;' >>/var/selinux/agentauth.te
	run make -C /var/selinux -f /usr/share/selinux/devel/Makefile agentauth.pp
	[ "$status" -ne 0 ]
}
