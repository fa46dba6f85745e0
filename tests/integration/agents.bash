# SPDX-License-Identifier: Apache-2.0
# What the stories about agents use: a host with roles, agents with keys, credentials, and the audit log.
# shellcheck shell=bash disable=SC2154,SC2034

AUDIT=/var/log/agentauth/audit.jsonl
STATE=/var/lib/agentauth
KEYS=/home/dev/keys
HERE=$BATS_TEST_DIRNAME
CLIENTS=/usr/local/libexec/agentauth-tests # where dev can read them, wherever this tree lies

# A registry with the roles that most stories use, and a command for sudo to run.
host_init() {
	agentauthctl init >/dev/null
	# Stories fail on purpose, and more often in a minute than a host would bear.
	sed -i 's/^host = {$/&\n\tmax_failures = 1000;/' /etc/agentauth/agentauth.conf
	# It asks NSS for an agent's groups.
	[ "$AGENTAUTH_SUDO" != sudo-rs ] || sed -i 's/^host = {$/&\n\trole_groups = "entry";/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	agentauthctl role add deploy --service sshd --service sudo --service su --service login --max-session 3600 \
		--sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	agentauthctl role add logs --service sshd --service sudo --sudo '(root) /usr/bin/whoami' >/dev/null
	printf '#!/bin/sh\necho "restarted by $(id -un) for $SUDO_USER"\n' >/usr/local/sbin/restart-app
	chmod 755 /usr/local/sbin/restart-app
	install -d -m 0700 -o dev -g dev "$KEYS"
	install -D -m 0755 -t "$CLIENTS" "$HERE/answer" "$HERE/converse" "$HERE/browser"
}

# Where the sudo is sudo-rs, NSS gives each session the groups of all of its agent's roles (role_groups = "entry"), and one that
# was granted fewer has no sudo at all.
is_sudo_rs() {
	[ "$AGENTAUTH_SUDO" = sudo-rs ]
}
lacks_group_of() { # ROLE
	is_sudo_rs || expect_no_output "agent-$1\b"
}
narrow_sudo_gives() { # PATTERN
	if is_sudo_rs; then
		expect_no_output "$1" && expect_output 'PAM error: Permission denied' # under -n it says no more; agentauth may does
	else
		expect_output "$1"
	fi
}

# Makes a key on dev's machine and registers the agent with it.
new_agent() { # NAME ALG [OPTION OF REGISTER]...
	local name=$1 alg=$2
	shift 2
	dev agentauth keygen --alg "$alg" --out "$KEYS/$name.pem" >"$KEYS/$name.pub" 2>/dev/null
	[ $# -gt 0 ] || set -- --role deploy --role logs
	agentauthctl register "$name" --key "$KEYS/$name.pub" "$@" >/dev/null
}

forge() { # AGENT [OPTION]...
	local agent=$1
	shift
	"$HERE/forge" --agent "$agent" --key "$KEYS/$agent.pem" "$@"
}

# Writes an assertion where dev reads it, and prints the file's name.
token_file() { # AGENT [OPTION OF FORGE]...
	local file
	file=$(mktemp "$KEYS/token.XXXXXX")
	forge "$@" >"$file"
	chown dev: "$file"
	echo "$file"
}

# ssh with the stock client as dev, showing a credential through askpass.
ssh_with() { # TOKENFILE SSH-ARGUMENT...
	local token=$1
	shift
	dev env TOKEN_FILE="$token" SSH_ASKPASS="$CLIENTS/answer" SSH_ASKPASS_REQUIRE=force ${ANSWER:+"$ANSWER"} \
		ssh -o NumberOfPasswordPrompts=1 "$@"
}

# A login by what the file holds, and what the audit log says of it besides.
logs_in_with() { # AGENT TOKENFILE [FILTER]
	run ssh_with "$2" "$1@$HOST" id -un
	expect_status 0 && expect_output "^$1\$" &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\" and (${3:-true})"
}
refused_with() { # REASON AGENT TOKENFILE [FILTER]
	audit_mark
	run ssh_with "$3" "$2@$HOST" id -un
	expect_status 255 &&
		expect_audit ".event == \"auth\" and .agent == \"$2\" and .result == \"denied\" and .reason == \"$1\" and (${4:-true})"
}

# A session of its own, by a fresh credential.
in_session_of() { # AGENT COMMAND [OPTION OF FORGE]...
	local agent=$1 command=$2
	shift 2
	ssh_with "$(token_file "$agent" "$@")" "$agent@$HOST" "$command"
}
in_session() { # COMMAND [OPTION OF FORGE]...
	in_session_of builder-7 "$@"
}

# The lines of the audit log since the test began.
audit_mark() {
	if [ -e $AUDIT ]; then wc -l <$AUDIT; else echo 0; fi >"$BATS_TEST_TMPDIR/audit.mark"
}
audit_since_mark() {
	[ -e $AUDIT ] || return 0
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/audit.mark") + 1))" $AUDIT
}
expect_audit() { # a jq filter that some line must satisfy
	audit_since_mark | jq -e -s "any(.[]; $1)" >/dev/null && return
	printf 'no audit line satisfies %s; lines:\n%s\n' "$1" "$(audit_since_mark)" >&2
	return 1
}
expect_no_audit() {
	audit_since_mark | jq -e -s "any(.[]; $1) | not" >/dev/null && return
	printf 'an audit line satisfies %s; lines:\n%s\n' "$1" "$(audit_since_mark)" >&2
	return 1
}

# The log is written by processes that ssh does not wait for.
wait_for_audit() { # FILTER
	local i
	for ((i = 0; i < 100; i++)); do
		audit_since_mark | jq -e -s "any(.[]; $1)" >/dev/null && return
		sleep 0.05
	done
	expect_audit "$1"
}

ssh_with_scp() { # TOKENFILE SCP-ARGUMENT...
	local token=$1
	shift
	dev env TOKEN_FILE="$token" SSH_ASKPASS="$CLIENTS/answer" SSH_ASKPASS_REQUIRE=force \
		scp -q -o NumberOfPasswordPrompts=1 "$@"
}

# The agent's home, with a file in it, as if it had logged in before.
touch_home() { # AGENT FILE
	local home
	home=$(getent passwd "$1" | cut -d: -f6)
	[ -d "$home" ] || { mkdir -p "${home%/*}" && install -d -m 0700 -o "$1" -g "$1" "$home"; }
	install -m 0600 -o "$1" -g "$1" /dev/null "$home/$2"
}

# dev runs su, which reads its answers from standard input: the parts of a credential, a line each.
dev_su() { # AGENT TOKENFILE COMMAND
	local answers
	answers=$(mktemp)
	fold -w 510 "$2" | sed '$!s/$/+/' >"$answers"
	echo >>"$answers"
	setpriv --reuid dev --regid dev --init-groups --reset-env -- su "$1" -c "$3" <"$answers"
}

# Each line of the log holds the hash of the line before it; of several files the first line goes on from the last of the file before.
chain_holds() { # [FILE]...
	[ $# -gt 0 ] || set -- "$AUDIT"
	/usr/bin/python3 -c '
import hashlib, json, sys
before = None
for line in (line for name in sys.argv[1:] for line in open(name, "rb")):
    record = json.loads(line)
    if before is not None and record["prev"] != before:
        sys.exit("line with seq %s does not follow the line before it" % record["seq"])
    before = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
' "$@"
}

# An assertion may live an hour while COMMAND runs: so may one from before this host began, which a slow box did minutes ago.
while_long_lived() { # COMMAND...
	local result=0
	sed -i 's/max_assertion_ttl = 300;/max_assertion_ttl = 3600;/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	"$@" || result=$?
	sed -i 's/max_assertion_ttl = 3600;/max_assertion_ttl = 300;/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	return $result
}

# /run/agentauth is on a file system of 2000 files, of which so many are free, until whole_run.
small_run() { # FREE
	local free
	mkdir -p /run/small
	mount -t tmpfs -o mode=700,nr_inodes=2000 tmpfs /run/small
	cp -a /run/agentauth/. /run/small
	mkdir /run/small/filler
	free=$(stat -f -c %d /run/small)
	(cd /run/small/filler && seq $((free - $1)) | xargs touch)
	mount --move /run/small /run/agentauth
}
whole_run() {
	umount -l /run/agentauth
}
