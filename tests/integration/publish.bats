#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is published is what people decided, all of it, or nothing: whatever the resolver says, whatever a colleague has
# half done in the text, and whatever fails or is killed on the way.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status anew; sessions.bash gives client
load support
load agents
load sessions

CONF=/etc/agentauth/agentauth.conf

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
	cp -a /etc/hosts /run/hosts.before
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	cp -a /run/hosts.before /etc/hosts
	hostname "$HOST"
}

logs_in() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'echo "in as $(id -un)"'
	expect_status 0
	expect_output '^in as builder-7$'
}
audience() {
	grep -ao '"audience":\[[^]]*\]' /var/lib/agentauth/current/policy.cdb | head -n 1
}

# ---- how agents name this host ---------------------------------------------

@test "init writes how agents name this host into the text" {
	grep -q '^	audience = \[ "ssh://web01.example.com" \];' $CONF
	logs_in
}

@test "a resolver that fails, or has the short name first, while something else is published changes nothing for agents" {
	local hosts before
	sed -i '/^	audience/d' $CONF
	agentauthctl apply
	before=$(audience)
	[ "$before" = '"audience":["ssh://web01.example.com"]' ]
	hostname web01
	for hosts in '127.0.0.1 localhost' '127.0.0.1 localhost\n127.0.1.1 web01 web01.example.com' \
		'127.0.0.1 localhost\n127.0.1.1 web01.elsewhere.test web01'; do
		# shellcheck disable=SC2059
		printf "$hosts\n" >/etc/hosts
		run agentauthctl set builder-7 --description "$hosts"
		expect_status 0
		expect_no_output warning
		[ "$(audience)" = "$before" ]
		cp -a /run/hosts.before /etc/hosts
		logs_in
		wait_for_audit '.host == "web01.example.com" and .event == "auth" and .agent == "builder-7"'
	done
	run agentauthctl apply
	expect_output '^Nothing has changed'
	sed -i 's/^host = {$/&\n\taudience = [ "ssh:\/\/web01.example.com" ];/' $CONF
	agentauthctl apply
}

@test "what the text says of the audience is published" {
	sed -i 's|^	audience = .*|	audience = [ "ssh://web01.example.com", "ssh://web.example.com" ];|' $CONF
	agentauthctl apply
	[ "$(audience)" = '"audience":["ssh://web01.example.com","ssh://web.example.com"]' ]
	logs_in
}

@test "a renamed host keeps its audience, and apply says what to write" {
	local line
	sed -i '/^	audience/d' $CONF
	hostname web02.example.com
	run agentauthctl apply
	expect_status 0
	expect_output 'host: audience is not set, so that agents go on naming this host "ssh://web01.example.com", as it is published'
	line=$(sed -nE 's/.*If that is over, write (audience = \[ [^]]*\];) into host = .*/\1/p' <<<"$output")
	logs_in
	[ "$line" = 'audience = [ "ssh://web02.example.com" ];' ]
	sed -i "s|^host = {\$|&\n\t$line|" $CONF
	run agentauthctl apply
	expect_status 0
	expect_no_output warning
	[ "$(audience)" = '"audience":["ssh://web02.example.com"]' ]
	sed -i 's|ssh://web02|ssh://web01|' $CONF
	agentauthctl apply
	logs_in
}

@test "a host that is published for the first time must know its name, and is told what to write" {
	local line
	hostname web03
	echo '127.0.0.1 localhost' >/etc/hosts
	mkdir -p /run/new/conf/agents.d /run/new/state/generations
	echo 'roles = { };' >/run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 1
	expect_output 'audience is not set, and the resolver knows no full name for this host\.'
	line=$(sed -nE 's/.*Write (audience = \[ [^]]*\];) into host = .*, with the name that agents are to call this host by.*/\1/p' <<<"$output")
	echo "host = { $line };" >>/run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	# A text of another host can be checked all the same.
	echo 'roles = { };' >/run/new/conf/agentauth.conf
	run agentauthctl check --confdir /run/new/conf --statedir /run/nowhere
	expect_status 0
	expect_no_output warning
	# The same text, where the resolver knows the name.
	printf '127.0.0.1 localhost\n127.0.1.1 web03.example.com web03\n' >/etc/hosts
	rm -r /run/new/state/*
	mkdir /run/new/state/generations
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	# Asked for by init it is written down, and what is to be known of it is said.
	rm -r /run/new
	echo '127.0.0.1 localhost' >/etc/hosts
	run agentauthctl init --confdir /run/new/conf --statedir /run/new/state
	expect_status 1
	mkdir /run/new
	run agentauthctl init --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	expect_output 'the resolver knows no full name for this host, so that it is ssh://web03 to agents'
	sed -i 's|ssh://web03"|ssh://web03.example.com"|' /run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	rm -r /run/new
}

# ---- what a colleague has half done ------------------------------------------

# A line into the role deploy, by hand.
half_done() {
	sed -i 's|^		sudo = \[ "(root) /usr/local/sbin/restart-app"|&, "(root) /usr/bin/touch /run/by-a-colleague"|' $CONF
	grep -q by-a-colleague $CONF
}
as_the_agent() { # COMMAND
	dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" "$1"
}
expect_refused() {
	expect_status 1
	expect_output 'agentauthctl: the text holds something else that is not published:$'
	expect_output '^  ~ role deploy$'
	expect_output 'sudo: \+ \(root\) /usr/bin/touch /run/by-a-colleague$'
	expect_output 'agentauthctl apply publishes it, and this command with --with-pending both'
	expect_no_output 'Generation [0-9]+ serves now'
	[ "$(readlink /var/lib/agentauth/current)" = "$1" ]
	run as_the_agent 'sudo -n touch /run/by-a-colleague'
	expect_status 1
	[ ! -e /run/by-a-colleague ]
}

@test "a colleague's half-done edit is published by no other command, which shows it" {
	local before
	new_agent other ES256 --role deploy
	dev agentauth keygen --alg ES256 --out "$KEYS/other-2.pem" >"$KEYS/other-2.pub" 2>/dev/null
	audit_mark
	half_done
	cp -a /etc/agentauth /run/text
	before=$(readlink /var/lib/agentauth/current)
	run agentauthctl set other --owner x
	expect_refused "$before"
	run agentauthctl register third --role deploy
	expect_refused "$before"
	run agentauthctl retire other
	expect_refused "$before"
	run agentauthctl rotate other --key "$KEYS/other-2.pub"
	expect_output 'agentauthctl revoke --kid KID ends one all the same'
	expect_refused "$before"
	run agentauthctl role add ops
	expect_refused "$before"
	run agentauthctl role set logs --max-session 60
	expect_refused "$before"
	run agentauthctl role remove logs
	expect_refused "$before"
	run agentauthctl issuer add corp --provider okta --issuer https://dev-1.okta.com/oauth2/default --audience api://hosts
	expect_refused "$before"
	run agentauthctl init
	expect_status 0
	expect_output 'serves on: agentauthctl apply publishes it'
	[ "$(readlink /var/lib/agentauth/current)" = "$before" ]
	diff -r /etc/agentauth /run/text
	run agentauthctl --json set other --owner x
	jq -e '.outcome == "pending" and .result == "failed" and (.pending.changed | any(.kind == "role" and .name == "deploy"))' <<<"$output"
	expect_no_audit '.event == "admin"'
	# What cannot wait does not.
	run agentauthctl suspend other
	expect_status 0
	run agentauthctl resume other
	expect_status 0
	rm -r /run/text
}

@test "published together, the log names the command and what went with it" {
	run agentauthctl set other --owner x --with-pending
	expect_status 0
	expect_output '^other is changed'
	expect_audit '.event == "admin" and .agent == "other" and .command == "set other --owner x --with-pending"'
	expect_audit '.event == "admin" and .roles == ["deploy"] and .by == "root" and
		(.command | startswith("role deploy changed by set other --owner x --with-pending: sudo: + (root) "))'
	run as_the_agent 'sudo -n touch /run/by-a-colleague'
	expect_status 0
	rm /run/by-a-colleague
	# And a command that has its own change alone is a line, and one that says what it changed.
	audit_mark
	run agentauthctl set other --owner y
	expect_status 0
	[ "$(audit_since_mark | jq -r 'select(.event == "admin") | .command' | paste -sd '|')" = \
		'set other --owner y|agent other changed by set other --owner y: owner: x -> y' ]
}

@test "as the message says: apply publishes it, and then the command is free" {
	sed -i 's|, "(root) /usr/bin/touch /run/by-a-colleague"||' $CONF
	echo 'uid = 70077; roles = [ "deploy" ];' >/etc/agentauth/agents.d/by-hand.conf
	run agentauthctl set other --owner z
	expect_status 1
	expect_output '^  \+ agent by-hand$'
	expect_output '^  ~ role deploy$'
	run agentauthctl apply
	expect_status 0
	expect_audit '.agent == "by-hand" and .command == "agent by-hand added by apply: uid: 70077; roles: deploy"'
	expect_audit '.roles == ["deploy"] and (.command | startswith("role deploy changed by apply: sudo: - "))'
	run agentauthctl set other --owner z
	expect_status 0
	# Or it is taken back.
	sed -i 's/"deploy"/"logs"/' /etc/agentauth/agents.d/by-hand.conf
	run agentauthctl set by-hand --owner z
	expect_status 1
	expect_output '^  ~ agent by-hand$'
	sed -i 's/"logs"/"deploy"/' /etc/agentauth/agents.d/by-hand.conf
	run agentauthctl set by-hand --owner z
	expect_status 0
}

@test "a text that is gone retires nothing by the way: apply asks, and says what to do" {
	mv /etc/agentauth/agents.d/by-hand.conf /run/
	run agentauthctl set other --owner w
	expect_status 1
	expect_output '^  - agent by-hand$'
	run agentauthctl set other --owner w --with-pending </dev/null
	expect_status 1
	expect_output 'no longer in the configuration: agent by-hand\. .*say agentauthctl apply --yes, otherwise put their text back'
	run agentauthctl set by-hand --owner w
	expect_status 1
	expect_output 'agentauthctl apply --yes retires it, or put its file back'
	run agentauthctl apply </dev/null
	expect_status 1
	expect_output 'say agentauthctl apply --yes'
	getent passwd by-hand | grep -q /bin/bash
	# At a terminal it is a question, and no is the answer that costs nothing.
	run script -qec 'agentauthctl apply' /dev/null <<<n
	expect_output 'These are no longer in the configuration: agent by-hand\.'
	expect_output 'Retire them\? \[y/N\]'
	expect_output 'nothing was changed'
	getent passwd by-hand | grep -q /bin/bash
	mv /run/by-hand.conf /etc/agentauth/agents.d/
	run agentauthctl set other --owner w
	expect_status 0
	rm /etc/agentauth/agents.d/by-hand.conf
	run agentauthctl apply --yes
	expect_status 0
	expect_audit '.agent == "by-hand" and .command == "agent by-hand retired by apply --yes"'
	run agentauthctl register asked
	rm /etc/agentauth/agents.d/asked.conf
	run script -qec 'agentauthctl apply' /dev/null <<<y
	expect_status 0
	getent passwd asked | grep -q nologin
	getent passwd by-hand | grep -q nologin
	# One that was never published has nothing that could be kept from others.
	echo 'uid = 70078;' >/etc/agentauth/agents.d/draft.conf
	run agentauthctl retire draft
	expect_status 1
	expect_output 'draft was never published, so that there is nothing to retire: remove /etc/agentauth/agents.d/draft.conf'
	rm /etc/agentauth/agents.d/draft.conf
	run agentauthctl register draft --uid 70078
	expect_status 0
}

@test "after a rollback nothing brings back unasked what was fled from" {
	agentauthctl role set deploy --sudo '(root) /usr/bin/touch /run/regretted' >/dev/null
	agentauthctl rollback >/dev/null
	run agentauthctl set other --owner v
	expect_status 1
	expect_output 'sudo: \+ \(root\) /usr/bin/touch /run/regretted$'
	# What it comes to by this is what is published.
	run agentauthctl role set deploy --no-sudo '(root) /usr/bin/touch /run/regretted'
	expect_status 0
	expect_output '^Nothing has changed'
	run agentauthctl set other --owner v
	expect_status 0
}

# ---- what fails on the way ----------------------------------------------------

# The directory on a small disk of its own.
small_disk() { # DIR
	cp -a "$1" /run/aside
	mount -t tmpfs -o size=2M,mode=755 none "$1"
	cp -a /run/aside/. "$1"
}
end_small_disk() { # DIR
	rm -rf "$1/filling" /run/aside
	cp -a "$1" /run/aside
	umount "$1"
	rm -rf "${1:?}"/*
	cp -a /run/aside/. "$1"
	rm -r /run/aside
}
# All files of what is published and of the text, but for the lock and what fills the disk.
everything() {
	find /etc/agentauth /var/lib/agentauth /etc/sudoers.d ! -name lock ! -name filling -printf '%p %m %l\n' | sort
	find /etc/agentauth /var/lib/agentauth /etc/sudoers.d -type f ! -name lock ! -name filling -exec sha256sum {} + | sort
}
# The command with less and less room wanting, until it is done: each failure leaves everything as it was.
until_there_is_room() { # DIR COMMAND...
	local dir=$1 before room failed=0
	shift
	before=$(everything)
	for ((room = 0; room <= 512; room += 4)); do
		rm -f "$dir/filling"
		dd if=/dev/zero of="$dir/filling" bs=4k >/dev/null 2>&1 || :
		truncate -s "-${room}K" "$dir/filling"
		run "$@"
		[ "$status" -ne 0 ] || break
		failed=$((failed + 1))
		expect_output "^$dir.*: the .* cannot be .*: No space left on device\. When that is mended, run the command again"
		expect_output 'nothing was changed$'
		[ "$(everything)" = "$before" ]
	done
	rm -f "$dir/filling"
	echo "# $* in $dir: done after $failed failures" >&3
	[ "$failed" -ge 1 ]
	expect_status 0
}

@test "on a full disk nothing is changed, whatever did not fit, and the same command works when there is room" {
	local dir i=0 next
	for dir in /var/lib/agentauth /etc/agentauth/agents.d; do
		small_disk $dir
		i=$((i + 1))
		next=$(agentauthctl register "full-$i" --dry-run | grep -c 'would be published')
		[ "$next" -eq 1 ]
		until_there_is_room $dir agentauthctl register "full-$i" --role deploy
		expect_output "^full-$i is registered, with uid "
		until_there_is_room $dir agentauthctl set "full-$i" --owner alice
		[ $dir != /var/lib/agentauth ] || until_there_is_room $dir agentauthctl retire "full-$i"
		end_small_disk $dir
	done
	# As an unrelated command does, nothing of it is retired by the way.
	run agentauthctl register unrelated
	expect_status 0
	getent passwd full-2 | grep -q /bin/bash
	expect_no_output 'full-2'
}

@test "an agent that cannot be suspended on a full disk: what to do ends what it runs, and is enough when there is room" {
	small_disk "$STATE"
	by_key builder-7 true
	stay builder-7 'touch in; sleep 300'
	wait_for_file builder-7 in
	dd if=/dev/zero of="$STATE/filling" bs=4k >/dev/null 2>&1 || :
	run agentauthctl revoke --agent builder-7 --before now
	expect_status 1
	expect_output 'it cannot be revoked: No space left on device. When that is mended, run the command again'
	run agentauthctl suspend builder-7
	expect_status 1
	expect_output 'cannot be suspended: No space left on device. When that is mended, run the command again'
	sh -e -c "$(grep -o 'agentauthctl session kill --agent builder-7' <<<"$output")"
	wait "$client" || :
	none_of builder-7
	rm "$STATE/filling"
	agentauthctl suspend builder-7
	run by_key builder-7 true
	expect_status 255
	agentauthctl resume builder-7
	logs_in
	end_small_disk "$STATE"
}

@test "a role that could not be added is added when there is room, and no other command retires it" {
	small_disk /etc/sudoers.d
	until_there_is_room /etc/sudoers.d agentauthctl role add ops --sudo '(root) /usr/bin/touch /run/by-ops'
	end_small_disk /etc/sudoers.d
	agentauthctl role remove ops
	small_disk /var/lib/agentauth
	dd if=/dev/zero of=/var/lib/agentauth/filling bs=4k >/dev/null 2>&1 || :
	run agentauthctl role add later
	expect_status 1
	rm /var/lib/agentauth/filling
	run agentauthctl register unrelated-2
	expect_status 0
	run agentauthctl role add later
	expect_status 0
	expect_output '^The role later is there'
	end_small_disk /var/lib/agentauth
}

@test "killed at any moment, the next command finds all of it published, or the text as it was" {
	local i delay whole start undone=0
	start=$(date +%s%N)
	agentauthctl register whole >/dev/null
	whole=$((($(date +%s%N) - start) / 1000))
	for ((i = 0; i < 30; i++)); do
		delay=$(printf '0.%06d' $((whole / 3 + whole * i / 40)))
		timeout -s KILL "$delay" agentauthctl register "killed-$i" --uid $((71000 + i)) >/dev/null 2>&1 || :
		getent passwd builder-7 >/dev/null
		run agentauthctl set other --owner "k$i"
		expect_status 0
		! grep -q 'that was interrupted had written into 1 file of it; that was undone$' <<<"$output" || undone=$((undone + 1))
		# What was not published is free, and what was is not.
		if ! getent passwd "killed-$i" >/dev/null; then
			[ ! -e "/etc/agentauth/agents.d/killed-$i.conf" ]
			run agentauthctl register "again-$i" --uid $((71000 + i))
			expect_status 0
		fi
		[ ! -e /var/lib/agentauth/journal ]
	done
	# Which moments these were is up to the machine; killed.bats kills each system call.
	echo "# of 30 kills, $undone left a text that was put back" >&3
	run agentauthctl check
	expect_status 0
	run agentauthctl diff
	expect_output '^The text is what is published\.$'
	logs_in
}
