#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor --fix: what is safe is mended unasked and told, what is not is only shown. What is printed is held to the letter.

# shellcheck disable=SC2154  # sessions.bash gives client
load support
load advice
load doctor
load golden

CONF=/etc/agentauth
LOG=/var/log/agentauth

setup_file() {
	doctors_host
	cp -a "$CONF" /root/text
}
setup() {
	log_mark
	audit_mark
}
teardown() {
	as_shipped
	rm -rf "$CONF"
	cp -a /root/text "$CONF"
}

@test "whoever is not root is told to run it as root, and nothing else" {
	turn not-root dev /usr/sbin/agentauthctl doctor
	turn not-root-fix dev /usr/sbin/agentauthctl doctor --fix
	run dev /usr/sbin/agentauthctl doctor --json
	expect_status 1
	jq -e '(.errors | length) == 1 and (has("findings") | not)' <<<"$output"
	run dev /usr/sbin/agentauthctl doctor --statedir /tmp
	expect_status 1
	expect_output 'doctor reads what is root.s alone: run it as root$'
	sh -e -c "$(dev /usr/sbin/agentauthctl doctor 2>&1 | sed -n 's/.*administer: //p')" # sudo agentauthctl doctor, by root
}

# A host on which much went wrong at one time.
spoil() {
	chmod 777 "$LOG"
	chmod 666 "$LOG/audit.jsonl"
	chmod 700 "$STATE"
	chown 1234 "$CONF/agents.d/builder-7.conf"
	chmod 664 "$CONF/agentauth.conf"
	sed -i 's/restart-app/anything/' /etc/sudoers.d/agentauth
	mkdir "$STATE/generations/999.tmp"
	printf 'generation 999999 ids %s again\n' "$(stat -c %s "$STATE/ids")" >"$STATE/journal"
	chmod 600 "$STATE/journal"
	sed -i 's/ agentauth//' /etc/nsswitch.conf
}

@test "what is safe is mended and told, and what else there is stays as it is and is shown" {
	spoil
	turn dry-run agentauthctl doctor --fix --dry-run
	[ "$(stat -c %a "$LOG" "$STATE" | paste -sd ' ')" = '777 700' ]
	[ -e "$STATE/journal" ] && [ -d "$STATE/generations/999.tmp" ]
	audit_mark
	turn mended agentauthctl doctor --fix
	expect_audit '.event == "admin" and .result == "ok" and .by == "root" and .detail == "agentauthctl doctor --fix"'
	expect_audit '.event == "admin" and .detail == "chmod a+rX /var/lib/agentauth"'
	[ "$(stat -c '%a %U' "$LOG" "$LOG/audit.jsonl" "$STATE" "$CONF/agents.d/builder-7.conf" | paste -sd ' ')" = '700 root 644 root 755 root 640 root' ] ||
		stat -c '%a %U %n' "$LOG" "$LOG/audit.jsonl" "$STATE" "$CONF/agents.d/builder-7.conf"
	grep -q restart-app /etc/sudoers.d/agentauth
	[ ! -e "$STATE/journal" ] && [ ! -e "$STATE/generations/999.tmp" ]
	grep -q agentauth /etc/nsswitch.conf && return 1
	turn left agentauthctl doctor --fix
	done_to_the_letter
	turn in-order agentauthctl doctor --fix
	agent_gets_in
	people_have_ssh_and_sudo
}

@test "with --json each thing that was mended has its command and what came of it" {
	chmod 777 "$LOG"
	run agentauthctl doctor --fix --json
	expect_status 0
	jq -e '.problems == 0 and .mended == [{check: "audit", text: "/var/log/agentauth must be a directory of root'"'"'s that nobody else can write",
		command: "install -d -o root -g root -m 0700 /var/log/agentauth", outcome: "mended"}]' <<<"$output"
	run agentauthctl doctor --json
	jq -e 'has("mended") | not' <<<"$output"
	run agentauthctl doctor --fix --log
	expect_status 2
	expect_output '.--log looks and --fix mends: give one of them'
	run agentauthctl doctor --fix --statedir /tmp/other
	expect_status 2
	expect_output '.--fix mends this host itself: leave out --confdir and --statedir'
}

@test "what cannot be mended after all is said, with the reason" {
	spoil
	chattr +i "$CONF/agents.d/builder-7.conf" 2>/dev/null || mount --bind -o ro "$CONF/agents.d" "$CONF/agents.d" 2>/dev/null ||
		{ mount --bind "$CONF/agents.d" "$CONF/agents.d" && mount -o remount,bind,ro "$CONF/agents.d"; }
	run agentauthctl doctor --fix
	chattr -i "$CONF/agents.d/builder-7.conf" 2>/dev/null || umount "$CONF/agents.d"
	expect_status 1
	expect_output '^FAILED +files +/etc/agentauth/agents.d/builder-7.conf is not root.s$'
	expect_output 'It did: chown -h root /etc/agentauth/agents.d/builder-7.conf: .*(Operation not permitted|Read-only file system)'
	expect_output '^PROBLEM +files +/etc/agentauth/agents.d/builder-7.conf is not root.s'
	expect_audit '.event == "admin" and .result == "error" and (.detail | startswith("chown -h root "))'
	agentauthctl doctor --fix >/dev/null || :
	done_to_the_letter
}

@test "a missing /run/agentauth is no problem, since a login makes it; one that others can write is, and is mended" {
	rm -rf /run/agentauth
	expect_order
	agent_gets_in
	[ "$(stat -c %a /run/agentauth)" = 700 ]
	chmod 770 /run/agentauth
	expect_problem sessions 'nobody else can write.*No agent gets a session'
	agentauthctl doctor --fix
	agent_gets_in
}

@test "a log folder that is missing is made, and one that is a link is shown" {
	mv "$LOG" /root/log
	expect_problem audit 'is not there'
	agentauthctl doctor --fix
	agent_gets_in
	rm -r "$LOG"
	ln -s /root/log "$LOG"
	run agentauthctl doctor --fix
	rm "$LOG"
	mv /root/log "$LOG"
	expect_status 1
	expect_output '^PROBLEM +audit +/var/log/agentauth is no directory, and a link to one does not count'
	expect_order
}

@test "what is believed once it is root's is left to a person; many files of a folder are mended by one command" {
	local n
	mkdir -p "$STATE/keys"
	echo '{"keys":[]}' >"$STATE/keys/corp"
	chown 1234 "$STATE/keys/corp"
	install -d -m 0755 "$CONF/hooks"
	install -m 0775 /bin/true "$CONF/hooks/approval-requested"
	run agentauthctl doctor --fix
	expect_status 1
	expect_output "^PROBLEM +files +$STATE/keys/corp is not root.s; look at what it says first"
	expect_output "^PROBLEM +files +$CONF/hooks/approval-requested is writable by others"
	[ "$(stat -c %u "$STATE/keys/corp")" -eq 1234 ]
	done_to_the_letter
	[ "$(stat -c %u "$STATE/keys/corp")" -eq 0 ]
	rm -r "$STATE/keys/corp" "$CONF/hooks"
	for n in {10..40}; do agentauthctl register "many-$n" --role deploy >/dev/null; done
	chown 1234 "$CONF"/agents.d/*
	turn many agentauthctl doctor --fix
	[ -z "$(find "$CONF/agents.d" ! -user root)" ]
	for n in {10..40}; do agentauthctl retire "many-$n" >/dev/null; done
	rm -rf /root/text && cp -a "$CONF" /root/text
}

@test "rules of sudo that stand in the generated file and that no role has any more" {
	echo '%agent-gone ALL=(root) NOPASSWD: /usr/bin/id' >>/etc/sudoers.d/agentauth
	expect_problem sudoers 'is not what was published'
	agentauthctl doctor --fix
	expect_order
	agent_gets_in
}

@test "records of sessions that are gone are cleared away" {
	stay builder-7 'touch here; exec sleep 300'
	wait_for_file builder-7 here
	run agentauthctl doctor
	expect_no_output ' sessions '
	kill -KILL "$(jq '.opener[0]' "/run/agentauth/sessions/$(session_ids builder-7).json")"
	kill "$client" || :
	wait "$client" 2>/dev/null || :
	forget_file builder-7 here
	run agentauthctl doctor
	expect_status 0
	expect_output '^note +sessions +1 record is left of sessions that are gone$'
	agentauthctl doctor --fix
	run agentauthctl doctor
	expect_no_output ' sessions '
}

@test "a log of which a line was changed, or cut off at its end, and one that is whole" {
	agent_gets_in
	expect_order
	cp -a "$LOG/audit.jsonl" "$BATS_TEST_TMPDIR/log"
	sed -i '$!{$!s/"builder-7"/"builder-8"/}' "$LOG/audit.jsonl"
	run agentauthctl doctor
	expect_status 1
	told 'PROBLEM +log +lines of /var/log/agentauth/audit.jsonl are not as they were written, by seq [0-9]+.*As root: (agentauthctl audit verify)'
	run sh -e -c "$order"
	expect_status 1
	expect_output 'this line was changed after it was written'
	head -n -1 "$BATS_TEST_TMPDIR/log" >"$LOG/audit.jsonl"
	expect_problem log 'lines of /var/log/agentauth/audit.jsonl are not as they were written'
	cat "$BATS_TEST_TMPDIR/log" >"$LOG/audit.jsonl"
	expect_order
}

@test "no room where the registry is" {
	mount -t tmpfs -o mode=755,size=8M full "$STATE/keys"
	umount "$STATE/keys"
	cp -a "$STATE" /root/state
	mount -t tmpfs -o mode=755,size=8M full "$STATE"
	cp -a /root/state/. "$STATE"
	run agentauthctl doctor
	umount "$STATE"
	rm -r /root/state
	expect_status 1
	expect_output "^PROBLEM +space +less than 64 MB are free where $STATE is"
	expect_order
}
