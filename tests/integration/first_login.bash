# SPDX-License-Identifier: Apache-2.0
# What the stories of the first login share: a host on which builder-7 logs in, and the way back to that after each turn.
# shellcheck shell=bash disable=SC2154,SC2034

AT=builder-7@$HOST
CONFIG=/home/dev/.config/agentauth

# The host is ready, its agent registered, the agent's machine has key and profile; all of it is kept for put_back.
first_login_is_made() {
	host_init
	dev agentauth keygen >/run/builder-7.pub 2>/dev/null
	agentauthctl register builder-7 --role deploy --key /run/builder-7.pub >/dev/null
	dev agentauth profile add "$AT" >/dev/null
	cp -a /home/dev /run/dev.before
	cp -a /etc/agentauth /run/agentauth.before
}

# The host's text as it was; what came since is retired.
put_host_back() {
	rm -rf /etc/agentauth
	cp -a /run/agentauth.before /etc/agentauth
	agentauthctl apply --yes >/dev/null
}

# The agent's machine as it was; HOME itself stays, it may be mounted.
put_back() {
	find /home/dev -mindepth 1 -delete
	cp -a /run/dev.before/. /home/dev/
}

logs_in() { # [COMMAND...] in the place of agentauth ssh
	[ $# -gt 0 ] || set -- agentauth ssh
	run dev "$@" "$AT" id -un
	expect_status 0 && expect_output '^builder-7$' && connections_have_ended
}
# What sshd says of a login's end comes behind ssh's own end, and is no part of what follows.
connections_have_ended() {
	wait_until sh -c '! pgrep -f "^sshd: [a-z]" >/dev/null' || :
}
reaches_no_host() {
	[ -z "$(log_since_mark)" ] && return
	printf 'the host was asked:\n%s\n' "$(log_since_mark)" >&2
	return 1
}
