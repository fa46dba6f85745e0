#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Agents' own keys: rotated, in the forms that they come in, and ended.

load support
load agents

setup_file() {
	host_init
}
setup() {
	log_mark
	audit_mark
}

new_key() { # NAME
	dev agentauth keygen --alg ES256 --out "$KEYS/$1.pem" >"$KEYS/$1.pub" 2>/dev/null
}
signs_in() { # AGENT KEY
	local token
	token=$(mktemp "$KEYS/token.XXXXXX")
	"$HERE/forge" --agent "$1" --key "$KEYS/$2.pem" >"$token"
	chown dev: "$token"
	run ssh_with "$token" "$1@$HOST" id -un
}

@test "rotate: both keys are good within the grace period, and the new one alone after it" {
	new_agent turner ES256
	new_key turner-2
	run agentauthctl rotate turner --key "$KEYS/turner-2.pub" --grace 1h
	expect_status 0
	expect_output '^turner has its new key\.$'
	expect_output '^The key ".*" is good until 20[0-9TZ:-]+, and refused from then on\.$'
	signs_in turner turner
	expect_status 0
	signs_in turner turner-2
	expect_status 0
	# The agent's own command says which key it signs with.
	local key
	for key in turner turner-2; do
		dev agentauth assert --agent turner --audience "ssh://$HOST" --key "$KEYS/$key.pem" >"$KEYS/own.jwt"
		chown dev: "$KEYS/own.jwt"
		run ssh_with "$KEYS/own.jwt" "turner@$HOST" id -un
		expect_status 0
	done
	# The hour is over.
	sed -i "s/not_after = \"[^\"]*\"/not_after = \"$(date -u -d '-1 second' +%FT%TZ)\"/" /etc/agentauth/agents.d/turner.conf
	agentauthctl apply >/dev/null
	audit_mark
	signs_in turner turner
	expect_status 255
	expect_audit '.agent == "turner" and .result == "denied" and .reason == "key_expired"'
	signs_in turner turner-2
	expect_status 0
}

@test "rotate --grace 0 ends the old keys at once, SSH keys of the entry as well" {
	new_agent ender ES256
	new_key ender-2
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/ender-ssh"
	agentauthctl set ender --key "$KEYS/ender-ssh.pub" >/dev/null
	run dev ssh -o BatchMode=yes -i "$KEYS/ender-ssh" "ender@$HOST" id -un
	expect_status 0
	run agentauthctl rotate ender --key "$KEYS/ender-2.pub" --grace 0 --json
	expect_status 0
	[ "$(jq '.ending | length' <<<"$output")" -eq 2 ]
	signs_in ender ender
	expect_status 255
	signs_in ender ender-2
	expect_status 0
	run dev ssh -o BatchMode=yes -i "$KEYS/ender-ssh" "ender@$HOST" id -un
	expect_status 255
}

@test "rotate keeps an earlier end, and says what it would do" {
	new_agent keeper ES256 --role deploy --key-expires 30m
	new_key keeper-2
	local text before
	text=/etc/agentauth/agents.d/keeper.conf
	before=$(sha256sum "$text")
	run agentauthctl rotate keeper --key "$KEYS/keeper-2.pub" --dry-run
	expect_status 0
	expect_output 'This would be published'
	[ "$(sha256sum "$text")" = "$before" ]
	before=$(grep -o 'not_after = "[^"]*"' "$text")
	run agentauthctl rotate keeper --key "$KEYS/keeper-2.pub" --grace 7d --key-expires 90d
	expect_status 0
	[ "$(grep -o 'not_after = "[^"]*"' "$text" | head -n 1)" = "$before" ]
	[ "$(grep -c 'not_after' "$text")" -eq 2 ]
}

@test "rotate refuses what is no new key, and changes nothing then" {
	new_agent same ES256
	local sum
	sum=$(sha256sum /etc/agentauth/agents.d/same.conf)
	run agentauthctl rotate same
	expect_status 2
	expect_output '--key FILE is missing'
	run agentauthctl rotate same --key "$KEYS/same.pub"
	expect_status 1
	expect_output 'this key is same.s already, with the kid'
	expect_output 'nothing was changed: the keys are as they were'
	run agentauthctl rotate same --key "$KEYS/same.pub" --kid another-name --grace 0
	expect_status 1
	expect_output 'this key is same.s already, with the kid'
	run agentauthctl rotate same --key "$KEYS/same.pem"
	expect_status 1
	expect_output 'same.pem" holds a private key \(PKCS#8 in PEM\), which belongs to the agent'
	run agentauthctl rotate same --key "$KEYS/same.pub" --grace soon
	expect_status 2
	expect_output 'not a time like 24h'
	run agentauthctl rotate nobody --key "$KEYS/same.pub"
	expect_status 1
	expect_output 'there is no agent "nobody"'
	[ "$(sha256sum /etc/agentauth/agents.d/same.conf)" = "$sum" ]
	signs_in same same
	expect_status 0
}

@test "a certificate's key is registered; a private half is refused by its form, and what is advised does it" {
	local dir=$BATS_TEST_TMPDIR way form
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$dir/pem" -out "$dir/crt" 2>/dev/null
	openssl pkcs12 -export -inkey "$dir/pem" -in "$dir/crt" -passout pass: -out "$dir/p12"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh"
	openssl pkey -in "$dir/pem" -outform DER -out "$dir/der"
	agentauthctl register certified --key "$dir/crt"
	for form in pem p12 ssh der; do
		run agentauthctl register "from-$form" --key "$dir/$form"
		expect_status 1
		expect_output "/$form\" holds a private key \\("
		expect_output 'Register its public half, which this prints: '
		[ $form != ssh ] || expect_output 'ssh-keygen -y -f KEY'
		way=${output##*which this prints: }
		way=${way%%$'\n'*}
		way=${way//KEY/"$dir/$form"}
		bash -o pipefail -c "$way" <<<'' >"$dir/$form.public"
		agentauthctl register "from-$form" --key "$dir/$form.public"
	done
	run agentauthctl show from-p12
	expect_output "$(agentauthctl show certified | grep -oE '[A-Za-z0-9_-]{43}' | head -1)"
}

# signs_in_by AGENT KEYFILE [OPTION]...: with what agentauth signs by it
signs_in_by() {
	local agent=$1 key=$2
	shift 2
	chown dev: "$key"
	chmod 600 "$key"
	if ! dev agentauth assert --agent "$agent" --audience "ssh://$HOST" --key "$key" "$@" >"$KEYS/own.jwt" 2>"$KEYS/why"; then
		run cat "$KEYS/why"
		return
	fi
	chown dev: "$KEYS/own.jwt"
	run ssh_with "$KEYS/own.jwt" "$agent@$HOST" id -un
}

@test "an agent signs in by its key in OpenSSH's format, PKCS#12 and JWK" {
	local type
	for type in ed25519 ecdsa rsa; do
		ssh-keygen -q -t $type -N '' -f "$KEYS/ssh-$type"
		agentauthctl register "by-$type" --role deploy --key "$KEYS/ssh-$type.pub"
		signs_in_by "by-$type" "$KEYS/ssh-$type"
		expect_output "^by-$type\$"
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$KEYS/p12.pem" -out "$KEYS/p12.crt" 2>/dev/null
	openssl pkcs12 -export -inkey "$KEYS/p12.pem" -in "$KEYS/p12.crt" -passout pass: -out "$KEYS/p12"
	agentauthctl register by-p12 --role deploy --key "$KEYS/p12.crt"
	signs_in_by by-p12 "$KEYS/p12"
	expect_output '^by-p12$'
	# RFC 8037, appendix A.1, with a kid of its own
	local public='"kid":"mine","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"'
	echo "{$public}" >"$KEYS/public.jwk"
	echo "{$public,\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}" >"$KEYS/private.jwk"
	agentauthctl register by-jwk --role deploy --key "$KEYS/public.jwk"
	signs_in_by by-jwk "$KEYS/private.jwk"
	expect_output '^by-jwk$'
}

@test "a key in OpenSSH's format with a passphrase: what is advised makes a key that signs in" {
	ssh-keygen -q -t ed25519 -N secret -f "$KEYS/closed-ed"
	ssh-keygen -q -t ecdsa -N secret -f "$KEYS/closed-ec"
	agentauthctl register closed-ed --role deploy --key "$KEYS/closed-ed.pub"
	agentauthctl register closed-ec --role deploy --key "$KEYS/closed-ec.pub"
	signs_in_by closed-ec "$KEYS/closed-ec"
	expect_output "keeps the passphrase: ssh-keygen -p -m PKCS8 -f '$KEYS/closed-ec'"
	ssh-keygen -p -P secret -N secret -m PKCS8 -f "$KEYS/closed-ec" >/dev/null
	install -m 0600 -o dev <(echo secret) "$KEYS/passphrase"
	signs_in_by closed-ec "$KEYS/closed-ec" --passphrase-file "$KEYS/passphrase"
	expect_output '^closed-ec$'
	signs_in_by closed-ed "$KEYS/closed-ed"
	expect_output "takes it off, .*: ssh-keygen -p -N '' -f '$KEYS/closed-ed'"
	ssh-keygen -p -P secret -N '' -f "$KEYS/closed-ed" >/dev/null
	signs_in_by closed-ed "$KEYS/closed-ed"
	expect_output '^closed-ed$'
}

@test "rotations without number: the key before each ends, the 64th and 65th time as well" {
	new_agent spinner ES256
	for _ in $(seq 1 66); do
		agentauthctl rotate spinner --key <(openssl genpkey -algorithm ed25519 | openssl pkey -pubout) --grace 365d >/dev/null
	done
	[ "$(grep -c 'kid = ' /etc/agentauth/agents.d/spinner.conf)" -eq 64 ]
	signs_in spinner spinner # the first key made room for another
	expect_status 255
	new_key spinner-2
	new_key spinner-3
	run agentauthctl rotate spinner --key "$KEYS/spinner-2.pub" --grace 365d
	expect_status 0
	expect_output 'is refused from now on: an agent has 64 keys at most, and this one would have ended first'
	signs_in spinner spinner-2
	expect_status 0
	run agentauthctl rotate spinner --key "$KEYS/spinner-3.pub" --grace 0
	expect_status 0
	signs_in spinner spinner-2
	expect_status 255
	signs_in spinner spinner-3
	expect_status 0
	sleep 1 # a key that ends in this very second still stands in the text
	run agentauthctl rotate spinner --key "$KEYS/spinner-2.pub" --key-expires 1h --kid again
	expect_status 0
	[ "$(grep -c 'kid = ' /etc/agentauth/agents.d/spinner.conf)" -eq 2 ] # what had ended is gone
}

@test "a rotation that fails says what ends the key all the same, and that does" {
	new_agent stuck ES256
	new_key stuck-2
	echo 'uid = ;' >/etc/agentauth/agents.d/half-done.conf
	run agentauthctl rotate stuck --key "$KEYS/stuck-2.pub" --grace 0
	expect_status 1
	expect_output 'nothing was changed: the keys are as they were; agentauthctl revoke --kid KID ends one all the same'
	signs_in stuck stuck
	expect_status 0
	agentauthctl revoke --kid "$(sed -n 's/.*kid = "\(.*\)";.*/\1/p' /etc/agentauth/agents.d/stuck.conf)"
	signs_in stuck stuck
	expect_status 255
	rm /etc/agentauth/agents.d/half-done.conf
}
