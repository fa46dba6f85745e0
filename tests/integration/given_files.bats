#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a person names as a file may be anything: a FIFO, a device, a directory gets a sentence at once, and nobody waits.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	odd_things
}

ODD=/run/odd

odd_things() {
	mkdir -p "$ODD/directory"
	mkfifo "$ODD/fifo"
	ln -s fifo "$ODD/link-to-fifo"
	openssl genpkey -algorithm ed25519 -out "$ODD/private.pem"
	openssl pkey -in "$ODD/private.pem" -pubout -out "$ODD/public.pem"
	head -c 100000 /dev/zero >"$ODD/huge"
	chmod 644 "$ODD"/*.pem
}
dev_or_root() { # [dev] COMMAND
	if [ "$1" = dev ]; then dev timeout 5 "${@:2}"; else timeout 5 "$@" </dev/null; fi
}
each_odd() { # COMMAND, with @ where the file is
	local odd
	for odd in "$ODD"/{fifo,link-to-fifo,directory,huge,nothing} /dev/zero /dev/null /dev/ptmx; do
		run dev_or_root "${@//@/$odd}"
		expect_status 1 || { echo "with $odd: $*"; return 1; }
		expect_output "$odd|holds no key|is not an agent's file|cannot be verified" || { echo "with $odd: $*"; return 1; }
	done
}

@test "agentauthctl: the key of register, set and rotate" {
	each_odd agentauthctl register newcomer --key @
	each_odd agentauthctl set builder-7 --key @
	each_odd agentauthctl rotate builder-7 --key @ --grace 0
	run timeout 5 agentauthctl set builder-7 --key "$ODD/fifo"
	expect_output 'is a FIFO, which would be waited for; name a file, or - for standard input'
	# Positive controls: a file, standard input, and a pipe of the shell's.
	run agentauthctl register by-file --key "$ODD/public.pem"
	expect_status 0
	run agentauthctl register by-stdin --key - <"$ODD/public.pem"
	expect_status 0
	run agentauthctl register by-pipe --key <(sleep 0.3; cat "$ODD/public.pem")
	expect_status 0
	[ "$(grep -c 'pem = ' /etc/agentauth/agents.d/by-pipe.conf)" -eq 1 ]
}

@test "who is slow to give a key makes nobody wait: no lock is held meanwhile" {
	(sleep 8; cat "$ODD/public.pem") | agentauthctl register slow --key - >/dev/null 2>&1 3>&- &
	sleep 0.5
	run timeout 5 agentauthctl set builder-7 --owner somebody
	expect_status 0
	wait
	run agentauthctl show slow
	expect_status 0
}

@test "agentauthctl: files of check, of the configuration, of an issuer" {
	local odd
	cp /etc/agentauth/agents.d/builder-7.conf "$ODD/builder-7.conf"
	run agentauthctl check --file "$ODD/builder-7.conf"
	expect_status 0
	mkfifo "$ODD/other.conf"
	run timeout 5 agentauthctl check --file "$ODD/other.conf"
	expect_status 1
	expect_output 'other.conf" is a FIFO'
	mkfifo /etc/agentauth/agents.d/odd.conf
	run timeout 5 agentauthctl apply
	expect_status 1
	expect_output 'odd.conf'
	rm /etc/agentauth/agents.d/odd.conf
	for odd in "$ODD/fifo" /dev/zero "$ODD/directory"; do
		for option in --jwks-file --ca-file --bearer-file; do
			run timeout 20 agentauthctl issuer add corp --issuer https://127.0.0.1:1 --client-claim azp --reuse once "$option" "$odd"
			[ "$status" -ne 124 ]
			run timeout 20 agentauthctl issuer refresh
			[ "$status" -ne 124 ]
			rm -rf /etc/agentauth/agentauth.conf.*
			sed -i '/^issuers/,/^};/d' /etc/agentauth/agentauth.conf
		done
	done
	run agentauthctl check
	expect_status 0
}

@test "agentauth: keys to sign and to verify with, and its configuration" {
	local odd
	each_odd dev agentauth assert --agent builder-7 --audience ssh://web01.example.com --key @
	each_odd dev agentauth verify --key @
	for odd in "$ODD/fifo" /dev/zero "$ODD/directory"; do
		run dev timeout 5 agentauth token --config "$odd" --profile p
		[ "$status" -ne 124 ] && [ "$status" -ne 0 ]
		run dev timeout 5 agentauth assert --agent a --audience b --key "$KEYS/builder-7.pem" --passphrase-file "$odd"
		[ "$status" -ne 124 ] && [ "$status" -ne 0 ]
	done
	run dev agentauth assert --agent builder-7 --audience ssh://web01.example.com --key "$KEYS/builder-7.pem"
	expect_status 0
}
