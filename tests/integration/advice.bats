#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the tools tell a person to do is done to the letter: it works, and people still have ssh and sudo after it. What doctor
# says of each setting is in doctor.bats, what is said of the approval plugin in plugin.bats.

# shellcheck disable=SC2154  # advice.bash gives order
load support
load advice

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP
	# shellcheck disable=SC2153 # agents.bash has it
	install -d -m 0700 -o dev -g dev "$KEYS"
	install -D -m 0755 -t "$CLIENTS" "$HERE/answer"
}

setup() {
	log_mark
	audit_mark
	cd /root || return
}

teardown() {
	people_have_ssh_and_sudo
}

# The lines of a program's output that begin with two blanks and a command of ours.
commands_in_output() {
	sed -nE 's/^  (agentauth(ctl)? .*)/\1/p' <<<"$output"
}

# The host as it was before anybody installed us.
stock_host() {
	local stack
	for stack in /etc/pam.d/*; do stock_stack "${stack##*/}"; done
	rm -f /etc/ssh/sshd_config.d/agentauth.conf /etc/sudoers.d/agentauth* /etc/pam.d/agentauth-run /etc/cron.d/agentauth-*
	sed -i 's/ agentauth//' /etc/nsswitch.conf
	reload_sshd
}

@test "from a stock host to one that is in order by nothing but what init, keygen and doctor say" {
	stock_host
	run agentauthctl init
	expect_status 0
	commands_in_output >init.commands
	[ "$(wc -l <init.commands)" -eq 5 ]
	# The third is done on the agent's machine, and its key stands in the fourth in the place of KEY. The first asks a person.
	sed -i '1s/$/ --yes/' init.commands
	run dev sh -e -c "$(sed -n 3p init.commands)"
	expect_status 0
	told "agentauthctl register NAME --role ROLE --key '(ecdsa-sha2-nistp256 AAAA[^ ]*)'"
	sed -i "3d; s|'KEY'|'$order'|" init.commands
	sh -e init.commands >/dev/null || [ "$(tail -n 1 init.commands)" = 'agentauthctl doctor' ]
	cp -p /home/dev/.config/agentauth/key.pem "$KEYS/builder-7.pem"
	agentauthctl show builder-7
	done_to_the_letter 30
	run by_key builder-7 id -un
	expect_status 0
	expect_output '^builder-7$'
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0
	expect_output '^builder-7$'
	root_logs_in_by_key
	person_logs_in_by_password
}

@test "the second lock that doctor notes is missing" {
	sed -i '/agentauth/d' /etc/sudo.conf
	run agentauthctl doctor
	expect_output '^note +approval +sudo has no second lock'
	do_as_root "$(sed -n 's/^note  *approval .*As root: //p' <<<"$output")"
	people_have_ssh_and_sudo
	doctor_is_silent
	expect_no_output '^note +approval'
}

@test "what sudo does with a command is not recorded, as doctor notes" {
	sed -i '/Plugin agentauth_audit/d' /etc/sudo.conf
	run agentauthctl doctor
	expect_output '^note +record +sudo does not record what it does with the commands of deploy'
	do_as_root "$(sed -n 's/^note  *record .*As root: //p' <<<"$output")"
	people_have_ssh_and_sudo
	doctor_is_silent
	expect_no_output '^note +record'
}

@test "agentauth ssh without a profile, and what profile add says then" {
	install -d -m 0700 -o dev -g dev /home/dev/.config /home/dev/.config/agentauth
	install -m 0600 -o dev -g dev "$KEYS/builder-7.pem" /home/dev/.config/agentauth/key.pem
	run dev agentauth ssh "builder-7@$HOST" id -un
	[ "$status" -ne 0 ]
	expect_output "agentauth profile add builder-7@$HOST$"
	run dev sh -e -c "$(grep -o 'agentauth profile add builder-7@.*' <<<"$output")"
	expect_status 0
	expect_output 'Log in: agentauth ssh'
	run dev sh -e -c "$(sed -n 's/.*Log in: //p' <<<"$output") id -un"
	expect_status 0
	expect_output '^builder-7$'
	run dev agentauth run builder-7
	expect_output 'agentauth run builder-7 -- COMMAND'
}

@test "what an agent without role and key is said to lack" {
	run agentauthctl register bare
	expect_status 0
	expect_output 'agentauthctl set bare --role ROLE gives it'
	expect_output 'agentauthctl set bare --key FILE registers one'
	dev agentauth keygen --out "$KEYS/bare.pem" 2>/dev/null >bare.pub
	sh -e -c "$(grep -oE 'agentauthctl set bare --role ROLE' <<<"$output" | sed 's/ROLE/deploy/')"
	sh -e -c "$(grep -oE 'agentauthctl set bare --key FILE' <<<"$output" | sed 's/FILE/bare.pub/')"
	run by_key bare id -un
	expect_status 0
	expect_output '^bare$'
}

@test "an agent that asks for another password is told how its key is rotated" {
	run by_key builder-7 passwd
	expect_output 'agentauthctl rotate builder-7 --key FILE'
	dev agentauth keygen --out "$KEYS/next.pem" 2>/dev/null >next.pub
	sh -e -c "$(grep -oE 'agentauthctl rotate builder-7 --key FILE' <<<"$output" | sed 's/FILE/next.pub/')"
	mv "$KEYS/next.pem" "$KEYS/builder-7.pem"
	run by_key builder-7 id -un
	expect_status 0
	expect_output '^builder-7$'
}

@test "registered twice, a role that is there, a role that agents have" {
	run agentauthctl register builder-7
	expect_status 1
	expect_output 'agentauthctl set builder-7 changes it'
	agentauthctl set builder-7 --owner someone@example.com
	run agentauthctl role add deploy
	expect_status 1
	expect_output 'agentauthctl role set deploy changes it'
	agentauthctl role set deploy --max-sessions 9
	agentauthctl role add passing --service sshd >/dev/null
	agentauthctl set bare --role passing
	run agentauthctl role remove passing
	expect_status 1
	expect_output 'agentauthctl set NAME --no-role passing'
	sh -e -c "$(grep -oE 'agentauthctl set NAME --no-role passing' <<<"$output" | sed 's/NAME/bare/')"
	agentauthctl role remove passing
	agentauthctl show bare
}

@test "an edit that is not published, and files that are gone" {
	sed 's/^uid = .*/uid = 70123;/; /^keys/,/^);/d' /etc/agentauth/agents.d/bare.conf >/etc/agentauth/agents.d/edited.conf
	run agentauthctl show edited
	expect_status 1
	told 'is in the configuration and not published yet: run (agentauthctl apply)'
	obey
	agentauthctl show edited
	rm /etc/agentauth/agents.d/edited.conf
	run agentauthctl apply </dev/null
	expect_status 1
	expect_output 'agentauthctl apply --yes'
	agentauthctl apply --yes
	run agentauthctl check
	expect_status 0
}

@test "a registry that cannot be read: what authorized-keys, list and doctor say" {
	local ask="setpriv --reuid nobody --regid nogroup --clear-groups /usr/libexec/agentauth/authorized-keys builder-7 ssh-ed25519 AAAA"
	mv "$STATE/current" /root/current
	run agentauthctl list
	expect_status 1
	expect_output 'run agentauthctl apply'
	agentauthctl apply --yes
	run agentauthctl list
	expect_status 0
	head -c 100 /dev/urandom >"$STATE/current/accounts.cdb"
	run $ask
	expect_status 1
	expect_output "'agentauthctl doctor' says what is wrong; 'agentauthctl apply' publishes it anew"
	run agentauthctl doctor
	expect_status 1
	expect_output '^PROBLEM  registry +the accounts that are published cannot be read'
	done_to_the_letter
	run $ask
	expect_status 0
	people_have_ssh_and_sudo
}

@test "what authorized-keys writes to the log leads to what mends it" {
	sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
	run by_key builder-7 true
	expect_status 255
	run log_since_mark
	expect_output "no agent's key is admitted.*'agentauthctl doctor' says what to do"
	done_to_the_letter
	run by_key builder-7 true
	expect_status 0
}

@test "a key that is too weak, and where there is none yet" {
	openssl genrsa 1024 2>/dev/null | openssl rsa -pubout 2>/dev/null >weak.pub
	run agentauthctl set bare --key weak.pub
	expect_status 1
	expect_output 'agentauth keygen makes one'
	dev agentauth keygen --out "$KEYS/strong.pem" 2>/dev/null >strong.pub
	agentauthctl set bare --key strong.pub
}

@test "what the shipped files say about themselves" {
	run sshd -T -C user=builder-7,host=localhost,addr=127.0.0.1
	expect_status 0
	expect_output '^authorizedkeysfile none$'
	grep -q 'Check with: sshd -T -C user=AGENT,host=localhost,addr=127.0.0.1' /usr/share/agentauth/sshd_config.d/agentauth.conf
	grep -q 'ask for both, the key first' /usr/share/agentauth/sshd_config.d/agentauth.conf
	sed -i 's/^\t# AuthenticationMethods /\tAuthenticationMethods /' /etc/ssh/sshd_config.d/agentauth.conf
	reload_sshd
	doctor_is_silent
	people_have_ssh_and_sudo
	sed -i 's/^\tAuthenticationMethods /\t# AuthenticationMethods /' /etc/ssh/sshd_config.d/agentauth.conf
	reload_sshd
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-run /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	run visudo -c
	expect_status 0
	people_have_ssh_and_sudo
}

@test "every command and option that a sentence of ours names is there" {
	run /usr/bin/python3 - "$TOP" <<-'END'
		import pathlib, re, subprocess, sys
		top = pathlib.Path(sys.argv[1])
		# Words that follow a program's name in prose.
		prose = set("to that from does has is itself runs for with again anew generation the appends over".split())

		def helped(*words):
		    r = subprocess.run([*words, "--help"], capture_output=True, text=True)
		    return r.stdout if r.returncode == 0 else ""

		bad, seen = [], 0
		for path in sorted(top.glob("*/**/*.c")):
		    if path.parts[len(top.parts)] not in ("tools", "common", "pam", "sudo"):
		        continue
		    text = re.sub(r'"\s*\n?\s*"', "", path.read_text())
		    text = "\n".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
		    for m in re.finditer(r"\b(agentauthctl|agentauth) ([a-z]+)((?: (?:--[a-z-]+|%s|[A-Z_:]+|[a-z]+))*)", text):
		        program, command, rest = m.groups()
		        if command in prose:
		            continue
		        seen += 1
		        help = helped(program, command)
		        words = rest.split()
		        if words and re.fullmatch("[a-z]+", words[0]) and re.search(r"^  %s %s\b" % (command, words[0]), help, re.M):
		            help = helped(program, command, words[0])
		        options = [w for w in words if w.startswith("--")]
		        if not help or any(o not in help + helped(program) for o in options):
		            bad.append("%s: %s" % (path.name, m.group(0)))
		print(seen, "sentences")
		print("\n".join(bad))
		sys.exit(bool(bad) or seen < 50)
	END
	expect_status 0
}
