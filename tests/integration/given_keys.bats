#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Public keys in the forms that people have them in: each is registered and lets its agent in, and no private half is kept.

load support
load agents
load golden

GIVEN=/run/given

setup_file() {
	host_init
	local i
	mkdir -p "$GIVEN"
	cd "$GIVEN" || return
	for i in one two three; do
		dev ssh-keygen -q -t ed25519 -N '' -C "$i" -f "$KEYS/$i"
		cp "$KEYS/$i.pub" .
	done
	dev openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$KEYS/rsa.pem"
	cp "$KEYS/rsa.pem" .
	openssl req -x509 -key rsa.pem -subj /CN=x -days 10 -out cert.pem 2>/dev/null
	openssl x509 -in cert.pem -outform DER -out cert.der
	openssl pkey -in rsa.pem -pubout -outform DER -out public.der
	openssl pkey -in rsa.pem -outform DER -out private.der
	jq -n --rawfile k rsa.pem \
		'{type: "service_account", private_key_id: "abc123", private_key: $k, client_email: "a@example.com"}' >account.json
	{
		echo '# the keys of deploy'
		cat one.pub
		printf '\nfrom="10.0.0.0/8,::1",command="echo \\"a b\\" c",no-pty %s\nrestrict %s\n' "$(cat two.pub)" "$(cat three.pub)"
	} >authorized_keys
}

# The stories have the same keys, of which an agent that is retired has none.
teardown() {
	local agent
	for agent in /etc/agentauth/agents.d/*.conf; do
		[ -e "$agent" ] || continue
		agentauthctl retire "$(basename "$agent" .conf)" >/dev/null 2>&1
	done
}

by_ssh() { # KEY AGENT
	dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/$1" "$2@$HOST" id -un
}

@test "each key of an account's authorized_keys is registered, and what its options were is said" {
	cd "$GIVEN"
	turn authorized-keys agentauthctl register deployer --role deploy --key authorized_keys
	for key in one two three; do
		run by_ssh $key deployer
		expect_status 0
		expect_output '^deployer$'
	done
	[ "$(agentauthctl show deployer --json | jq '.agent.keys | length')" -eq 3 ]
	turn one-kid agentauthctl register other --role deploy --key authorized_keys --kid mine
	run agentauthctl register other --role deploy --key three.pub --kid mine
	expect_status 0
	run agentauthctl register as-said --role deploy --key authorized_keys
	expect_status 0
	# shellcheck disable=SC2046
	agentauthctl set as-said $(grep -oE -m 1 -e '--source .*' <<<"$output")
	grep -F 'sources = [ "10.0.0.0/8", "::1" ]' /etc/agentauth/agents.d/as-said.conf
}

@test "a line that is no agent's key is named by its place, and nothing is registered" {
	cd "$GIVEN"
	{ cat authorized_keys; echo "cert-authority $(cat three.pub)"; echo 'ssh-ed25519 AAAAgarbage'; } >bad
	turn bad-lines agentauthctl register nobody-yet --role deploy --key bad
	turn no-line agentauthctl register nobody-yet --role deploy --key /etc/passwd
	[ ! -e /etc/agentauth/agents.d/nobody-yet.conf ]
}

@test "certificates and public keys in DER, and a service account's file, whose private half is nowhere afterwards" {
	local form
	cd "$GIVEN"
	for form in cert.pem cert.der public.der; do
		run agentauthctl register "a-${form/./-}" --role deploy --key "$form"
		expect_status 0
		agentauthctl retire "a-${form/./-}" >/dev/null
	done
	turn account agentauthctl register by-account --role deploy --key account.json
	dev agentauth assert --agent by-account --kid abc123 --audience "ssh://$HOST" --key "$KEYS/rsa.pem" >"$KEYS/by-account"
	logs_in_with by-account "$KEYS/by-account" '.kid == "abc123"'
	turn private agentauthctl register nobody-yet --role deploy --key private.der
	line=$(tail -n 3 rsa.pem | head -n 1)
	run grep -rlF -e "$line" /etc/agentauth /var/lib/agentauth /var/log/agentauth
	expect_status 1
}

jwk() { # NAME [MEMBERS]
	jq -n --arg x "$(cut -d' ' -f2 "$1.pub" | base64 -d | tail -c 32 | basenc --base64url | tr -d =)" \
		"{kty: \"OKP\", crv: \"Ed25519\", kid: \"$1\", x: \$x} + {${2:-}}"
}

@test "of a set every key is registered that can verify, and the others are named" {
	cd "$GIVEN"
	jq -n '{keys: $ARGS.positional}' --jsonargs "$(jwk one)" "$(jwk two)" "$(jwk three 'use: "enc"')" "$(jwk one 'alg: "EdDSA"')" >set.json
	turn set agentauthctl register set-of --role deploy --key set.json
	[ "$(agentauthctl show set-of --json | jq -c '[.agent.keys[].kid]')" = '["one","two"]' ]
	jq -n '{keys: $ARGS.positional}' --jsonargs "$(jwk three 'use: "enc"')" >unfit.json
	turn set-unfit agentauthctl register nobody-yet --role deploy --key unfit.json
	jq -n '{keys: $ARGS.positional}' --jsonargs "$(jwk one)" "$(jwk two 'd: "AAAA"')" >private.json
	turn set-private agentauthctl register nobody-yet --role deploy --key private.json
}
