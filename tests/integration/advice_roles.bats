#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What agentauthctl tells the host's administrator of roles, agents and sessions, taken from what it prints and done to the letter:
# the trouble is gone, and people still have ssh and sudo. Which sentence is carried out by which test is in orders.table.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a shell of its own; the loaded files use the variables
load support
load advice

setup_file() {
	advice_host_of_roles
}
setup() {
	advice_on_the_text
}
teardown() {
	text_is_published
	people_have_ssh_and_sudo
}

# ---- roles --------------------------------------------------------------------------------------------------------------------

role_refused() { # REGEX OPTION...
	local regex=$1
	shift
	refused_and_told "$regex" agentauthctl role add "trial-$BATS_TEST_NUMBER" --service sshd --service sudo "$@"
}

@test "sudo rules that do not say what sudo would read" {
	role_refused 'does not begin with the user to run as: write "(\(root\)) /usr/bin/command' --sudo '/usr/bin/id -u'
	done_now agentauthctl role add r1 --service sudo --sudo "$order /usr/bin/id -u"
	role_refused 'names no user to run as: write (\(root\))' --sudo '() /usr/bin/id -u'
	done_now agentauthctl role add r2 --service sudo --sudo "$order /usr/bin/id -u"
	role_refused 'holds a comma, which begins another command in sudoers: write two rules, or (.), where' \
		--sudo '(root) /usr/bin/id a,b'
	done_now agentauthctl role add r3 --service sudo --sudo "(root) /usr/bin/id a${order},b"
	role_refused 'holds :, which ends a command in sudoers: write (.:) where' --sudo '(root) /usr/bin/id a:b'
	done_now agentauthctl role add r4 --service sudo --sudo "(root) /usr/bin/id a${order}b"
	role_refused 'grants every command; name the commands that the role needs, with absolute paths' --sudo '(root) ALL'
	role_refused 'does not name its command by an absolute path, as in "\(root\) (/usr/bin/)systemctl' --sudo '(root) id -u'
	done_now agentauthctl role add r5 --service sudo --sudo "(root) ${order}id -u"
	visudo -c -q
	agentauthctl set other --role r3 --role r4
	run by_key other 'sudo -l'
	for order in r1 r2 r3 r4 r5; do
		agentauthctl set other --no-role $order 2>/dev/null || :
		agentauthctl role remove $order
	done
}

@test "sudo rules that allow more than they say" {
	role_refused 'Name a program that does the one thing, with its arguments; if this is meant, say (--accept-risk) to role add' \
		--sudo '(root) /usr/bin/bash'
	done_now agentauthctl role add r6 --service sudo "$order" --sudo '(root) /usr/bin/bash'
	agentauthctl role remove r6
	run agentauthctl role add r7 --service sudo --sudo '(root) /usr/bin/journalctl -u app'
	told 'at a terminal it shows its text in a pager; add (--no-pager)'
	run agentauthctl role add r8 --service sudo --sudo "(root) /usr/bin/journalctl $order -u app"
	expect_status 0
	expect_no_output 'pager'
	agentauthctl role remove r7
	agentauthctl role remove r8
}

@test "groups that carry power, ids that are none, roles that are there, and those that are not" {
	role_refused 'docker" is no group for a role: .* Grant the commands that are needed by the role.s (sudo) rules instead' --group docker
	done_now agentauthctl role add r9 --service sudo "--$order" '(root) /usr/bin/docker ps'
	agentauthctl role remove r9
	role_refused '--gid "abc": not a gid' --gid abc
	refused_and_told 'there is a role deploy already; (agentauthctl role set deploy) changes it' agentauthctl role add deploy
	done_now sh -c "$order --max-sessions 8"
	refused_and_told '(nothing to set): name a setting, such as (--[a-z]+); (agentauthctl role set --help) lists them' agentauthctl role set deploy
	expect_help_lists "${BASH_REMATCH[3]}" "${BASH_REMATCH[2]}"
	refused_and_told 'there is no role "nix"; (agentauthctl role list) shows those that there are' agentauthctl role set nix --max-session 5
	obey
	told '^deploy '
	refused_and_told 'there is no role "nix"; (agentauthctl role list) shows' agentauthctl set other --role nix
	obey
}
expect_help_lists() { # COMMAND OPTION
	run sh -e -c "$1"
	expect_status 0
	expect_output "^ +(-., )?$2"
}

@test "the last service, the last network: to allow all takes the words that are told" {
	agentauthctl role add r10 --service sshd >/dev/null
	refused_and_told '"sshd" is the last one, and without any, all are allowed; if that is meant, say (--services [^ ]+)' \
		agentauthctl role set r10 --no-service sshd
	done_now sh -e -c "agentauthctl role set r10 $order"
	agentauthctl set other --source 127.0.0.0/8
	refused_and_told 'is the last one, and without any, all are allowed; if that is meant, say (--sources [^ ]+)' \
		agentauthctl set other --no-source 127.0.0.0/8
	done_now sh -e -c "agentauthctl set other $order"
	agentauthctl role remove r10
}

# ---- agents -------------------------------------------------------------------------------------------------------------------

@test "names that somebody has, names with power, names that were used" {
	local name
	for name in bob docker; do
		refused_and_told 'Choose another name; where the agent is registered already, agentauthctl retire '$name' ends it' \
			agentauthctl register $name
	done
	done_now agentauthctl register another-1
	groupadd taken
	refused_and_told 'Choose another name; where the agent is registered already, agentauthctl retire taken ends it and leaves the group as it is' \
		agentauthctl register taken
	groupdel taken
	agentauthctl retire another-1
	refused_and_told 'are never given again, since files and logs still mean the old one. Choose another name' \
		agentauthctl register another-1
	done_now agentauthctl register another-2
	agentauthctl retire another-2
}

# Somebody adds a group or an account by the name of an agent that is registered.
@test "a name that a group took later: retire ends the agent and leaves the group as it is" {
	agentauthctl register crowd --role logs
	echo 'crowd:x:4711:bob' >>/etc/group
	refused_and_told '(agentauthctl retire crowd) ends it and leaves the group as it is' agentauthctl set other --owner q
	obey
	done_now agentauthctl set other --owner q
	grep -q '^crowd:x:4711:bob$' /etc/group
	sed -i '/^crowd:/d' /etc/group
}

@test "a group of this host that took an agent's uid as its gid: one of them gets another, or the agent ends" {
	local told='belongs to "clash" in /etc/group already, .*Give one of them another; .* and (agentauthctl retire [a-z]+) ends it'
	echo "clash:x:$(id -u other):" >>/etc/group
	refused_and_told "$told" agentauthctl set builder-7 --owner q
	sed -i 's/^clash:x:[0-9]*:/clash:x:4712:/' /etc/group
	done_now agentauthctl set builder-7 --owner q
	agentauthctl register brief >/dev/null
	sed -i "s/^clash:x:[0-9]*:/clash:x:$(id -u brief):/" /etc/group
	refused_and_told "$told" agentauthctl set builder-7 --owner r
	obey
	done_now agentauthctl set builder-7 --owner r
	sed -i '/^clash:/d' /etc/group
}

@test "agents that are there, those that are not, and settings that are none" {
	local list='(agentauthctl list) shows those that there are' command
	for command in 'set nix --owner x' 'show nix' 'rotate nix --key other.pub' 'suspend nix' 'resume nix' 'retire nix' \
		'session kill --agent nix'; do
		cp "$KEYS/other.pub" .
		# shellcheck disable=SC2086
		refused_and_told "there is no agent .*$list" agentauthctl $command
		obey
		told 'builder-7'
	done
	refused_and_told 'other is registered already; (agentauthctl set other) changes it' agentauthctl register other
	done_now sh -e -c "$order --owner r"
	refused_and_told 'nothing to set: name a setting, such as (--owner); (agentauthctl set --help) lists them' agentauthctl set other
	expect_help_lists "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
	refused_and_told '--uid "abc": not a uid' agentauthctl register third --uid abc
	new_public_key later
	refused_and_told 'not a time like ([0-9TZ:-]+), ([0-9-]+) or ([0-9]+d)' agentauthctl set other --key later.pub --key-expires soon
	done_now agentauthctl set other --key later.pub --key-expires "${BASH_REMATCH[3]}"
	refused_and_told 'has no key with the kid "abc"; (agentauthctl show other) lists them' agentauthctl set other --no-key abc
	obey
	told 'keys +([A-Za-z0-9_-]{43})'
	done_now agentauthctl set other --no-key "$order"
	agentauthctl set other --key "$KEYS/other.pub"
	refused_and_told 'write (ISSUER:CLIENT), an issuer.s name' agentauthctl set other --bind nothing
}

@test "a key that two agents have: each gets its own" {
	run agentauthctl register copycat --key "$KEYS/other.pub"
	told 'have the same public key: .*Give each a key of its own: (agentauthctl rotate)'
	run agentauthctl doctor
	told 'have the same public key: .*; (agentauthctl rotate) gives each a key of its own'
	new_public_key copycat
	done_now sh -e -c "$order copycat --key copycat.pub --grace 0"
	for order in check doctor; do
		run agentauthctl $order
		expect_no_output 'the same public key'
	done
	agentauthctl retire copycat
}

@test "keys in forms that are refused: where the public half comes from" {
	openssl genrsa 1024 2>/dev/null | openssl rsa -pubout 2>/dev/null >weak.pub
	refused_and_told 'cannot be registered: .*; (agentauth keygen) makes one' agentauthctl set other --key weak.pub
	dev sh -e -c "$order --out $KEYS/made.pem" 2>/dev/null >made.pub
	done_now agentauthctl set other --key made.pub
	echo '{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}' >secret.jwk
	refused_and_told 'holds a secret .* (agentauth keygen) makes a key that has a public half' agentauthctl set other --key secret.jwk
	printf 'uid = 70600;\nkeys = ( { pem = "%s\n"; } );\n' "$(<weak.pub)" >/etc/agentauth/agents.d/weak.conf
	refused_and_told 'is too weak to trust .*: make a new one with (agentauth keygen)' agentauthctl check
	dev sh -e -c "$order --out $KEYS/new.pem" 2>/dev/null >new.pub
	printf 'uid = 70600;\nkeys = ( { pem = "%s\n"; } );\n' "$(<new.pub)" >/etc/agentauth/agents.d/weak.conf
	done_now agentauthctl apply
	agentauthctl retire weak
	refused_and_told '--key FILE is missing: the agent.s new public key, as (agentauth keygen) prints it' agentauthctl rotate builder-7
	dev sh -e -c "$order --out $KEYS/turned.pem" 2>/dev/null >turned.pub
	done_now agentauthctl rotate builder-7 --key turned.pub
	mv "$KEYS/turned.pem" "$KEYS/builder-7.pem"
	refused_and_told 'not a time like (24h), (90m), (7d) or (0), up to a year' agentauthctl rotate builder-7 --key turned.pub --grace soon
	new_public_key turned-2
	done_now agentauthctl rotate builder-7 --key turned-2.pub --grace "${BASH_REMATCH[2]}"
	mv "$KEYS/turned-2.pem" "$KEYS/builder-7.pem"
}

# ---- suspend, revoke, sessions ------------------------------------------------------------------------------------------------

something_runs() {
	by_key builder-7 'rm -f in'
	stay builder-7 'touch in; sleep 60'
	wait_for_file builder-7 in
}
@test "suspended until it is resumed, and what ends what runs" {
	something_runs
	run agentauthctl suspend builder-7
	told '(agentauthctl session kill --agent builder-7) ends them'
	obey
	wait "$client" || :
	none_of builder-7
	run agentauthctl suspend builder-7
	told 'builder-7 was suspended already, at .* by '
	agentauthctl resume builder-7
	run agentauthctl suspend builder-7
	told 'from now on, until (agentauthctl resume builder-7)'
	obey
	run by_key builder-7 id -un
	expect_status 0
	something_runs
	refused_and_told 'say what is revoked, one of: (--jti J), (--kid K), (--agent NAME --before T)' agentauthctl revoke
	order="agentauthctl revoke ${BASH_REMATCH[3]}"
	obey NAME builder-7 T now
	told 'What runs goes on: (agentauthctl session kill --agent builder-7) ends it'
	obey
	wait "$client" || :
	none_of builder-7
	refused_and_told '(session kill ID), or (session kill --agent NAME)' agentauthctl session kill
	order="agentauthctl ${BASH_REMATCH[2]}"
	obey NAME builder-7
	refused_and_told '(--agent NAME) and (--before T) belong together' agentauthctl revoke --agent builder-7
	refused_and_told '--issuer belongs to (--jti)' agentauthctl revoke --issuer corp --kid x
	done_now agentauthctl revoke --issuer corp "$order" some-id
	told '(agentauthctl session list) shows it, (agentauthctl session kill ID) ends it'
	set -- "${BASH_REMATCH[@]:1}"
	sleep 1 # nobody logs in in the second of the revocation
	something_runs
	run sh -c "$1"
	told 'builder-7'
	order=$2
	obey ID "$(session_ids builder-7)"
	wait "$client" || :
	none_of builder-7
	sleep 1
}

@test "sessions by the digits of their ids" {
	local id
	something_runs
	refused_and_told 'give at least four digits of a session' agentauthctl session kill ab
	refused_and_told 'no live session.s id begins with "abcd"; (agentauthctl session list) shows them' agentauthctl session kill abcd
	obey
	id=$(session_ids builder-7)
	told "(${id:0:8})"
	done_now agentauthctl session kill "$order"
	wait "$client" || :
	refused_and_told '--watch is for people and --json for programs: one of them' agentauthctl session list --watch --json
	done_now agentauthctl session list --json
	refused_and_told '--watch is for people and --json for programs: one of them' agentauthctl approval list --watch --json
	done_now agentauthctl approval list --json
}
