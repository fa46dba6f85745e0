#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# Four offices without root, by the shipped sudo rules: each does what is its own, and nothing else comes out of a rule.

load support
load agents

# The office of each person.
declare -gA OFFICE=([vera]=auditor [paul]=approver [olaf]=operator [rita]=registrar)

setup_file() {
	local person
	for person in "${!OFFICE[@]}"; do
		groupadd --system "agentauth-${OFFICE[$person]}s"
		useradd --create-home --groups "agentauth-${OFFICE[$person]}s" "$person"
	done
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	host_init
	new_agent builder-7 ES256
	dev agentauth keygen --out "$KEYS/second.pem" 2>/dev/null >"$KEYS/second.pub"
	echo 'only-root-reads-this' >/root/secret
	chmod 600 /root/secret
}
setup() {
	audit_mark
}
teardown() {
	agentauthctl resume builder-7 >/dev/null 2>&1 || :
}

# By the person's own office.
by() { # PERSON ARGUMENT...
	local person=$1
	shift
	run as "$person" sudo -n "agentauth-${OFFICE[$person]}" "$@"
}
does() { # PERSON ARGUMENT...
	by "$@"
	expect_status 0
}
may_not() { # PERSON ARGUMENT...: refused, and nothing is done or shown
	local before after
	before=$(cat /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf; ls -R "$STATE")
	by "$@"
	after=$(cat /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf; ls -R "$STATE")
	[ "$status" -ne 0 ] || { echo "done: $*" >&2; return 1; }
	expect_no_output 'only-root-reads-this'
	[ "$before" = "$after" ] || { echo "changed: $*" >&2; return 1; }
}
not_allowed() { # PERSON ARGUMENT...: by agentauthctl, which says whose it is
	may_not "$@"
	expect_status 1
	expect_output "is no ${OFFICE[$1]}'s to do, but .*root's"
}

@test "the rules have neither arguments nor wildcards nor regular expressions, for sudo and sudo-rs alike" {
	run visudo -c
	expect_status 0
	run grep -v '^#' /etc/sudoers.d/agentauth-operators
	[ "$(wc -l <<<"$output")" -eq 4 ]
	run grep -Evx '%agentauth-[a-z]+s, !%agents ALL = \(root\) NOPASSWD: /usr/sbin/agentauth-[a-z]+' <<<"$output"
	expect_output '^$'
}

@test "sudo lets each member run the program of the own office, and no other, and a stranger none" {
	local person office
	for person in "${!OFFICE[@]}" dev; do
		for office in "${OFFICE[@]}"; do
			run as "$person" sudo -n "agentauth-$office" list
			if [ "${OFFICE[$person]:-}" = "$office" ]; then
				expect_status 0
				expect_output '^builder-7 '
			else
				[ "$status" -ne 0 ]
				expect_no_output 'builder-7'
			fi
		done
		# What the programs run is no rule of theirs.
		run as "$person" sudo -n agentauthctl as "${OFFICE[$person]:-operator}" list
		[ "$status" -ne 0 ]
		run as "$person" sudo -n /bin/sh /usr/sbin/agentauth-operator list
		[ "$status" -ne 0 ]
	done
}

@test "sudo-rs lets members run the program of their own office, and no other" {
	command -v sudo-rs >/dev/null || {
		echo "# not applicable: sudo-rs is not on this host" >&3
		return
	}
	# Debian's has no set-user-ID bit.
	install -m 4755 "$(readlink -f "$(command -v sudo-rs)")" /usr/local/bin/sudo
	run visudo-rs -c -f /etc/sudoers.d/agentauth-operators
	expect_status 0
	run as olaf /usr/local/bin/sudo -n agentauth-operator suspend builder-7
	expect_status 0
	run as olaf /usr/local/bin/sudo -n agentauth-registrar retire builder-7
	[ "$status" -ne 0 ]
	run as olaf /usr/local/bin/sudo -n agentauthctl as operator resume builder-7
	[ "$status" -ne 0 ]
	run as dev /usr/local/bin/sudo -n agentauth-operator resume builder-7
	[ "$status" -ne 0 ]
	rm /usr/local/bin/sudo
	[ "$(agentauthctl --json show builder-7 | jq -r .agent.state)" = suspended ]
}

@test "everybody who has an office reads: list, show, explain, check, diff, roles, sessions, requests, revocations, the log" {
	local person
	for person in "${!OFFICE[@]}"; do
		does "$person" list --role deploy --json
		does "$person" show builder-7
		does "$person" explain builder-7 --service sshd
		does "$person" check
		does "$person" diff
		does "$person" generations
		does "$person" role show deploy
		does "$person" issuer list
		does "$person" session list
		does "$person" approval list
		does "$person" revoke --list
		does "$person" elevate --list
		does "$person" audit show --agent builder-7
		does "$person" audit show --result denied
		does "$person" audit verify
		not_allowed "$person" audit seal
	done
}

@test "an operator suspends, resumes, revokes and ends sessions, and the log names the person" {
	does olaf suspend builder-7 --why 'deletes branches'
	expect_audit '.event == "admin" and .by == "olaf" and .agent == "builder-7" and (.command | startswith("as operator suspend"))'
	[ "$(agentauthctl --json show builder-7 | jq -r .agent.state)" = suspended ]
	does olaf resume builder-7
	[ "$(agentauthctl --json show builder-7 | jq -r .agent.state)" = active ]
	does olaf suspend --role deploy --kill
	does olaf resume --role deploy
	does olaf revoke --jti of-olaf
	does olaf revoke --undo --jti of-olaf
	does olaf session kill --agent builder-7
	not_allowed olaf register helper-1
	expect_output "but a registrar's or root's"
	not_allowed olaf set builder-7 --role logs
	not_allowed olaf approval approve 123456
	expect_output "but an approver's or root's"
}

@test "a registrar registers, changes, rotates and retires; a key comes as a line or by standard input" {
	does rita register helper-1 --role logs --owner rita@example.com --key - <"$KEYS/second.pub"
	expect_audit '.event == "admin" and .by == "rita" and .agent == "helper-1"'
	does rita set helper-1 --expires 90d --source 127.0.0.0/8
	dev agentauth keygen --out "$KEYS/third.pem" 2>/dev/null >"$KEYS/third.pub"
	does rita rotate helper-1 --key - --grace 0 <"$KEYS/third.pub"
	does rita retire helper-1
	not_allowed vera restore helper-1
	does vera restore --list
	does rita restore helper-1
	does rita elevate helper-1 --role deploy --for 10m --why release
	does rita elevate helper-1 --end
	not_allowed rita suspend builder-7
	not_allowed rita role set logs --sudo '(root) /usr/bin/id'
	not_allowed rita role add mine --sudo '(root) ALL'
	expect_output "but root's"
	not_allowed rita issuer add mine --issuer https://idp.example.com
	not_allowed rita apply
	not_allowed rita rollback
}

@test "approver and auditor change no agent" {
	local person
	for person in paul vera; do
		not_allowed "$person" suspend builder-7
		not_allowed "$person" set builder-7 --owner me
		not_allowed "$person" retire builder-7
		not_allowed "$person" session kill --agent builder-7
		not_allowed "$person" revoke --jti 1
		not_allowed "$person" revoke
		not_allowed "$person" elevate builder-7 --role logs --for 10m
		not_allowed "$person" elevate builder-7
		not_allowed "$person" init
	done
	not_allowed vera approval deny 123456
	by paul approval deny 123456
	expect_output 'no open request'
}

everything() {
	find /etc/agentauth "$STATE" /etc/sudoers.d /run/agentauth -type f -exec sha256sum {} + | sort
}

@test "nothing that an auditor may say changes anything, of an agent that is there and of one that is retired" {
	local words command option name before said=0
	agentauthctl register gone-1 >/dev/null
	agentauthctl retire gone-1 >/dev/null
	agentauthctl suspend builder-7 >/dev/null
	audit_mark
	before=$(everything)
	while read -r words; do
		command=${words%% --*}
		for name in '' builder-7 gone-1; do
			for option in '' $(grep -oE -e '--[a-z-]+' <<<"$words"); do
				# shellcheck disable=SC2086  # "role show" is two words, and no name is none
				as vera timeout 1 sudo -n agentauth-auditor $command $name $option >/dev/null 2>&1 </dev/null || :
				# shellcheck disable=SC2086
				as vera timeout 1 sudo -n agentauth-auditor $command $name ${option:+$option builder-7} >/dev/null 2>&1 </dev/null || :
				said=$((said + 1))
			done
		done
	done < <(by vera && sed -n 's/^  //p' <<<"$output")
	[ "$said" -gt 100 ]
	run diff <(echo "$before") <(everything)
	expect_output '^$'
	expect_no_audit '.event == "admin"'
}

@test "no rule is stretched by an option, a file, a word before or behind, or a variable" {
	local option
	for option in --statedir --confdir --logdir --rundir --sudoers; do
		not_allowed vera list "$option" /tmp
		not_allowed olaf suspend builder-7 "$option" /tmp
		not_allowed rita set builder-7 --owner me "$option=/tmp"
		may_not olaf "$option" /tmp suspend builder-7
		may_not vera "$option=/tmp" list
	done
	not_allowed rita register helper-2 --adopt
	not_allowed rita register helper-2 --uid 70500
	not_allowed rita set builder-7 --owner me --with-pending
	may_not olaf suspend builder-7 --file /root/secret
	not_allowed vera check --file /root/secret
	not_allowed vera doctor --log
	not_allowed vera doctor --fix
	not_allowed vera audit verify --key /root/secret
	not_allowed rita import /root/secret
	may_not vera diff /root/secret
	# Files are opened by the caller's shell alone.
	for option in /root/secret /etc/shadow /dev/stdin /proc/self/environ ../../root/secret; do
		may_not rita set builder-7 --key "$option"
		expect_output 'say --key - <FILE, so that your shell does'
		may_not rita rotate builder-7 "--key=$option"
		may_not vera explain builder-7 --service sshd --credential "$option"
		expect_output 'say --credential - <FILE'
		may_not vera explain builder-7 --service sshd --ssh-key "$option"
		may_not rita register "$option"
		may_not vera show "$option"
		may_not vera show builder-7 --at "$option"
		may_not olaf suspend "$option"
		may_not olaf session kill "$option"
		may_not paul approval approve "$option"
	done
	# Another office, or none, from within one.
	not_allowed olaf as registrar set builder-7 --owner me
	may_not olaf -- as registrar set builder-7 --owner me
	may_not olaf --json as registrar set builder-7 --owner me
	may_not olaf 'suspend builder-7' --statedir /tmp
	run as olaf env SUDO_UID=0 SUDO_USER=root sudo -n agentauth-operator suspend builder-7
	expect_status 0
	expect_audit '.event == "admin" and .by == "olaf"'
	run as olaf sudo -n SUDO_UID=0 agentauth-operator resume builder-7
	[ "$status" -ne 0 ]
	run as olaf sudo -n -u dev agentauth-operator list
	[ "$status" -ne 0 ]
	# A file of the same name elsewhere.
	ln -s /usr/sbin/agentauthctl /home/olaf/agentauth-operator
	run as olaf sudo -n /home/olaf/agentauth-operator apply
	[ "$status" -ne 0 ]
	run as olaf env PATH=/home/olaf:/usr/bin:/bin sudo -n agentauth-operator apply
	expect_status 1
	expect_output "no operator's to do"
}

@test "an agent has no office, whatever group it is in, and whatever a rule says" {
	usermod -aG agentauth-operators builder-7 2>/dev/null || sed -i 's/^agentauth-operators:.*/&,builder-7/' /etc/group
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'sudo -n agentauth-operator list'
	[ "$status" -ne 0 ]
	expect_no_output '^builder-7 '
	sed -i 's/, !%agents//' /etc/sudoers.d/agentauth-operators
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'sudo -n agentauth-operator list'
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	gpasswd -d builder-7 agentauth-operators 2>/dev/null || sed -i '/^agentauth-operators:/s/,builder-7//' /etc/group
	expect_status 1
	expect_output 'an agent has no office on this host'
}

@test "a member who forgets the office's program is told it, and does it; a stranger is told that it is root's" {
	run as olaf /usr/sbin/agentauthctl suspend builder-7 --why 'too loud'
	expect_status 1
	expect_output "do this by your group: sudo agentauth-operator suspend builder-7 --why 'too loud'"
	[ "$(as olaf bash -c "$(sed -n 's/.*by your group: //p' <<<"$output")" | wc -l)" -ge 1 ]
	[ "$(agentauthctl --json show builder-7 | jq -r .agent.state)" = suspended ]
	run as vera /usr/sbin/agentauthctl suspend builder-7
	expect_status 1
	expect_output "root's to administer: sudo agentauthctl suspend builder-7"
	run as dev /usr/sbin/agentauthctl list
	expect_output "root's to administer: sudo agentauthctl list"
}

@test "each office says what it may, and all of that is there" {
	local person words command options option
	for person in "${!OFFICE[@]}"; do
		does "$person"
		expect_output "^Members of the group agentauth-${OFFICE[$person]}s may do this, by sudo agentauth-${OFFICE[$person]} COMMAND:$"
		while read -r words; do
			command=${words%% --*}
			read -ra options < <(grep -oE -e '--[a-z-]+' <<<"$words" | xargs)
			# shellcheck disable=SC2086  # "role show" is two words
			run agentauthctl $command --help
			expect_status 0
			for option in "${options[@]}"; do expect_output "^  $option( |$)"; done
		done < <(sed -n 's/^  //p' <<<"$output")
	done
	run agentauthctl --json as auditor
	jq -e '.group == "agentauth-auditors" and any(.may[]; .command == "show")' <<<"$output"
	run agentauthctl as nobody
	expect_status 2
	expect_output 'there is no office "nobody"; there are: auditor, approver, operator, registrar'
	# Root does as an office does, to see what it may.
	run agentauthctl as operator retire builder-7
	expect_status 1
	expect_output "agentauthctl as operator lists what is"
}
