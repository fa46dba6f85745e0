#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# The clients that people have log in, each in every way that it knows, and are refused in each; doc/clients.md has the
# table of it. Go's is tried in the long form: tests/clients/run --all.

load support
load agents
load ../clients/clients
load ../clients/programs

AGENT=builder-7

setup_file() {
	host_init
	make_programs
	make_keys
	make_repository
	sshd_with_password
}
teardown_file() {
	end_second_sshd
}
setup() {
	log_mark
	audit_mark
}

# ---- what they present ------------------------------------------------------------------------------------------------
with_good() { # FUNCTION
	KEY=$KEYS/good AGENTAUTH_CONFIG=$KEYS/good.conf CREDENTIAL=$(assertion 60) "$1"
}
with_bad() { # FUNCTION: another's key, an assertion that has expired
	KEY=$KEYS/stranger AGENTAUTH_CONFIG=$KEYS/stranger.conf CREDENTIAL=$(assertion -600) "$1"
}
assertion() { # SECONDS [OPTION OF FORGE]...
	"$HERE/forge" --agent "$AGENT" --key "$KEYS/good.pem" --claim "exp=@$1" --claim "iat=@$(($1 - 60))" "${@:2}"
}

# ---- what comes of it -------------------------------------------------------------------------------------------------
opened() {
	wait_for_audit '.event == "session-open" and .result == "ok"'
}
# Whoever is shown nothing but a key learns nothing of it: sshd asks for keys before it asks us.
denied() { # WAY
	[ "$1" = key ] || expect_audit '.event == "auth" and .result == "denied"' || return 1
	expect_no_audit '.event == "session-open" and .result == "ok"'
}

hung() {
	[ "$status" -eq 124 ] || [ "$status" -eq 137 ]
}

# yes: in with what is good, refused with what is not, within the time.
one_way() { # CLIENT WAY
	audit_mark
	run with_good "$1_$2"
	if [ "$status" -ne 0 ] || ! opened; then
		printf '%s does not log in by %s: %s\n' "$1" "$2" "$output" >&2
		return 1
	fi
	audit_mark
	run with_bad "$1_$2"
	if [ "$status" -eq 0 ] || hung; then
		printf '%s is not refused by %s (status %s): %s\n' "$1" "$2" "$status" "$output" >&2
		return 1
	fi
	denied "$2"
}
cell() { # CLIENT WAY...: of several, all
	local way known=''
	for way in "${@:2}"; do
		declare -F "$1_$way" >/dev/null || continue
		known=yes
		one_way "$1" "$way" || { echo no; return; }
	done
	echo "${known:-–}"
}
tried() { # CLIENT...
	local name label by client
	for client in "$@"; do
		while IFS='|' read -r name label by; do
			[ "$name" = "$client" ] || continue
			echo "| $label | $(cell "$client" prompt given) | $by | $(cell "$client" key) | $(cell "$client" password) |"
		done <<<"$KNOWN_CLIENTS"
	done >"$BATS_TEST_TMPDIR/rows"
	cat "$BATS_TEST_TMPDIR/rows" >>"$BATS_FILE_TMPDIR/rows"
	run cat "$BATS_TEST_TMPDIR/rows"
	expect_no_output '\| no \|'
}

@test "OpenSSH's ssh, sftp -b, scp -B, and sshpass" {
	tried ssh askpass sshpass sftp scp
}

@test "rsync, git and Ansible, which run ssh" {
	tried rsync git ansible
}

@test "PuTTY, Dropbear and curl" {
	tried plink dbclient curl
}

@test "Node's ssh2 and node-ssh" {
	tried ssh2 node_ssh
}

@test "Python's asyncssh and paramiko, and libssh" {
	tried asyncssh paramiko libssh
}

@test "the MCP servers ssh-mcp and mcp-ssh-manager, by a key or sshd's password method" {
	tried ssh_mcp ssh_manager
}

@test "what is refused as a password leaves the record that it leaves as an answer" {
	local members='(keys - ["seq", "prev", "time", "micros", "jti"]), [.reason, .event, .service, .agent, .kid, .alg]'
	run with_bad sshpass_given
	audit_since_mark | jq -c "select(.event == \"auth\") | $members" >"$BATS_TEST_TMPDIR/answer"
	audit_mark
	run with_bad sshpass_password
	audit_since_mark | jq -c "select(.event == \"auth\") | $members" >"$BATS_TEST_TMPDIR/password"
	grep -q '"expired"' "$BATS_TEST_TMPDIR/answer"
	run diff "$BATS_TEST_TMPDIR/answer" "$BATS_TEST_TMPDIR/password"
	expect_status 0
}

@test "a credential that is given as a password opens one login, once" {
	local token
	token=$(assertion 60)
	given_again() { KEY='' AGENTAUTH_CONFIG='' CREDENTIAL=$token sshpass_password; }
	run given_again
	expect_status 0
	run given_again
	expect_status 255
	expect_audit '.event == "auth" and .result == "denied" and .reason == "replayed"'
}

@test "the two lines of doc/clients.md let a password in beside the prompt" {
	end_second_sshd
	sed -i '/AuthenticationMethods/d' /etc/ssh/with-password/agentauth-password.conf
	run grep -c . /etc/ssh/with-password/agentauth-password.conf
	expect_output '^2$'
	sshd_on_2222
	run with_good ssh_manager_password
	expect_status 0
	[[ "$(log_since_mark)" == *"Accepted password for $AGENT"* ]]
	run with_good ssh_on_2222
	expect_status 0
	[[ "$(log_since_mark)" == *"Accepted keyboard-interactive/pam for $AGENT"* ]]
}

@test "a password above 1024 bytes is refused by sshd itself, a line end behind a shorter one is no part of it" {
	padded() { # BYTES
		assertion 60 --claim "pad=\"$(printf "%0$1d" 0)\""
	}
	KEY='' AGENTAUTH_CONFIG='' CREDENTIAL=$(padded 420)$'\n' run paramiko_password
	expect_status 0
	KEY='' AGENTAUTH_CONFIG='' CREDENTIAL=$(padded 600) run paramiko_password
	[ "$status" -ne 0 ] && ! hung
	expect_no_audit '.event == "auth" and .result == "denied"'
	[[ "$(log_since_mark)" == *"Failed password for $AGENT"* ]]
}

@test "the programs in doc/clients.md answer no host that no profile has, and end" {
	local client
	sed "s/$HOST/other.example.com/" "$KEYS/good.conf" >"$KEYS/other.conf"
	chown dev: "$KEYS/other.conf"
	chmod 600 "$KEYS/other.conf"
	for client in ssh2 asyncssh paramiko; do
		KEY='' CREDENTIAL='' AGENTAUTH_CONFIG=$KEYS/other.conf run "${client}_prompt"
		[ "$status" -ne 0 ] && ! hung || { printf '%s: %s %s\n' "$client" "$status" "$output" >&2; return 1; }
		expect_output "no profile in .* has \"$HOST\" among its hosts"
	done
}

@test "doc/clients.md has the table that this run gives" {
	if [ -e "$PROGRAMS/go_answer" ]; then tried go; fi
	local name label by
	while IFS='|' read -r name label by; do
		grep -F "| $label | " "$BATS_FILE_TMPDIR/rows" ||
			{ [ "$name" = go ] && table_of_document | grep -F "| $label | "; } || echo "| $label | not tried |"
	done <<<"$KNOWN_CLIENTS" >"$BATS_FILE_TMPDIR/table"
	sed 's/^/# /' "$BATS_FILE_TMPDIR/table" >&3 # for tests/clients/run
	run diff <(table_of_document) "$BATS_FILE_TMPDIR/table"
	[ "$status" -eq 0 ] || echo 'tests/clients/run --update BUILDDIR writes it anew' >&2
	expect_status 0
}
