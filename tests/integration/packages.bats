#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# stock: agentauth comes to this host, and goes from it, by Debian's packages.
# People have ssh and sudo at every moment, and what the packages and enable changed of the host's own files is gone with them.

load support
load advice
load people_watch

PACKAGES=$AGENTAUTH_BUILD/packages
export DEBIAN_FRONTEND=noninteractive

install_packages() { # [OPTION OF DPKG]...
	find "$PACKAGES" -name '*.deb' ! -name '*-dbgsym_*' -exec dpkg "$@" --install {} + </dev/null >/var/log/dpkg.out 2>&1
}
remove_packages() { # --remove|--purge
	dpkg "$1" agentauth agentauth-host libpam-agentauth libnss-agentauth </dev/null >/var/log/dpkg.out 2>&1
}
agent_works() {
	run by_key builder-7 'id -un; sudo -n restart-app'
	expect_status 0 && expect_output '^builder-7$' && expect_output '^restarted by root for builder-7$'
}

setup_file() {
	cp -a /etc /var/etc-before
}

setup() {
	log_mark
	audit_mark 2>/dev/null || :
}

@test "installing them touches nsswitch.conf and the common stacks, and lets people alone" {
	watch_people
	install_packages
	people_were_never_kept_out 1
	people_are_untouched
	run diff -rq --no-dereference --exclude=ld.so.cache /var/etc-before /etc
	[ "$(sed 's/^Only in \(.*\): /new \1\//; s/^Files .* and \(.*\) differ$/other \1/' <<<"$output")" = "\
new /etc/logrotate.d/agentauth
other /etc/nsswitch.conf
new /etc/pam.d/agentauth-run
other /etc/pam.d/common-account
other /etc/pam.d/common-auth
other /etc/pam.d/common-session
other /etc/pam.d/common-session-noninteractive" ] || { echo "$output" >&2; return 1; }
	grep -q '^passwd:.* agentauth$' /etc/nsswitch.conf
	grep -q '^group:.* agentauth$' /etc/nsswitch.conf
	run cat /var/log/dpkg.out
	expect_output 'nobody logs in otherwise than before. Next: agentauthctl init, then agentauthctl enable\.$'
}

@test "init and enable are all that the host needs, and the agent works" {
	host_init
	run agentauthctl enable --yes
	expect_status 0
	expect_output '^changed +/etc/pam.d/runuser$'
	expect_no_output 'nsswitch.conf|common-'
	new_agent builder-7 ES256
	agent_works
	doctor_is_silent
	people_are_untouched
}

@test "a newer version comes, and the older one again, while the agent has a session" {
	local dir
	for deb in "$PACKAGES"/*.deb; do
		case $deb in *-dbgsym_*) continue ;; esac
		dir=/var/newer/$(basename "$deb" .deb)
		mkdir -p /var/newer
		dpkg-deb --raw-extract "$deb" "$dir"
		sed -i 's/^Version: .*/&.1/; s/(= \([0-9.]*\))/(= \1.1)/g' "$dir/DEBIAN/control"
		dpkg-deb --build "$dir" "$dir.deb" >/dev/null
	done
	by_key builder-7 'echo begun >~/begun; for i in $(seq 600); do [ ! -e ~/go ] || break; sleep 0.1; done; rm -f ~/go; sudo -n restart-app' >/var/log/session.out 2>&1 3>&- &
	session=$!
	wait_until test -s /home/agents/builder-7/begun
	watch_people
	dpkg --install /var/newer/*.deb </dev/null >/var/log/dpkg.out 2>&1 || { cat /var/log/dpkg.out >&2; return 1; }
	agent_works
	install_packages --force-downgrade
	agent_works
	people_were_never_kept_out 1
	touch /home/agents/builder-7/go
	wait "$session"
	grep -q '^restarted by root for builder-7$' /var/log/session.out
	people_are_untouched
}

@test "killed at any moment of an upgrade, people have ssh and sudo, and dpkg ends it" {
	local after
	for after in 0.05 0.2 0.4 0.7 1.1 1.6; do
		timeout --signal=KILL "$after" dpkg --install /var/newer/*.deb </dev/null >/var/log/dpkg.out 2>&1 || :
		pkill -KILL -x 'dpkg|dpkg-deb|pam-auth-update|preinst|postinst|prerm|postrm' || :
		people_have_ssh_and_sudo || { echo "after $after s" >&2; return 1; }
		dpkg --configure -a </dev/null >/var/log/dpkg.out 2>&1 || :
		install_packages --force-downgrade
		agent_works || { echo "after $after s" >&2; return 1; }
	done
}

@test "removed after a kill in the midst of its unpacking, the line that keeps people from sudo goes too" {
	sed -i '/^Package: agentauth-host$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status
	dpkg --force-remove-reinstreq --remove agentauth-host </dev/null >/var/log/dpkg.out 2>&1
	[ ! -e /usr/libexec/agentauth/agentauth_approval.so ]
	people_have_ssh_and_sudo
	install_packages
	agentauthctl enable --yes
	agent_works
}

@test "removed, they leave no line that keeps people from sudo, and agents are gone" {
	cp /var/log/agentauth/audit.jsonl /run/log-before
	watch_people
	remove_packages --remove
	people_were_never_kept_out 1
	people_are_untouched
	run id builder-7
	expect_status 1
	run by_key builder-7 true
	expect_status 255
	cmp -n "$(stat -c %s /run/log-before)" /run/log-before /var/log/agentauth/audit.jsonl
	[ -e /etc/agentauth/agents.d/builder-7.conf ]
	run grep -rl agentauth /etc/pam.d /etc/nsswitch.conf /etc/sudo.conf /etc/ssh /etc/sudoers.d /etc/cron.d
	[ "$output" = /etc/pam.d/agentauth-run ]
}

@test "installed again, the agents that were there are there" {
	install_packages
	agentauthctl enable --yes
	agent_works
}

@test "purged, the registry and the log stay where nobody says that they may go" {
	remove_packages --purge
	people_are_untouched
	[ -e /etc/agentauth/agents.d/builder-7.conf ]
	[ -s /var/log/agentauth/audit.jsonl ]
}

@test "purged with the word of a person, /etc is what it was, byte by byte" {
	install_packages
	echo 'agentauth-host agentauth-host/purge boolean true' | debconf-set-selections
	remove_packages --purge
	people_are_untouched
	[ ! -e /etc/agentauth ]
	[ ! -e /var/lib/agentauth ]
	[ ! -e /var/log/agentauth ]
	run same_etc /var/etc-before
	expect_status 0
}
