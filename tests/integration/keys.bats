#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Keys that are not files: an agent logs in with what an ssh-agent, a PKCS#11 token or a TPM signs.

load support
load agents

SOCK=/home/dev/ssh-agent.sock
TPM=/home/dev/tpm
SOFTHSM=/usr/lib/softhsm/libsofthsm2.so
MODULES=$(openssl version -m | sed 's/.*"\(.*\)".*/\1/')

# dev's environment: an agent, a token and a TPM that are dev's own.
held() {
	dev env SSH_AUTH_SOCK=$SOCK SOFTHSM2_CONF=/home/dev/softhsm.conf PKCS11_PROVIDER_MODULE=$SOFTHSM \
		TPM2TOOLS_TCTI="swtpm:path=$TPM/sock" TPM2OPENSSL_TCTI="swtpm:path=$TPM/sock" "$@"
}
secret() { # NAME TEXT: a file of dev's
	printf %s "$2" >"/home/dev/$1"
	chown dev: "/home/dev/$1"
	chmod 600 "/home/dev/$1"
}
# An askpass for ssh-add that says what the file has.
by_askpass() { # FILE COMMAND...
	local file=$1
	shift
	held env SSH_ASKPASS_REQUIRE=force SSH_ASKPASS="/home/dev/say-$file" "$@"
}
profile() { # AGENT KEY [PIN-FILE]
	local pin=${3:+"passphrase = { file = \"/home/dev/$3\"; };"}
	printf 'profiles = { web = { hosts = [ "%s" ]; audiences = [ "ssh://%s" ]; agent = "%s"; key = "%s"; %s }; };\n' \
		"$HOST" "$HOST" "$1" "$2" "$pin" >/home/dev/.config/agentauth/config
}
register() { # AGENT FILE
	agentauthctl register "$1" --role logs --key "$2" >/dev/null
}
logs_in() { # AGENT
	run held agentauth ssh "$1@$HOST" id -un
	expect_status 0
	expect_output "^$1\$"
	expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\""
}
# Nothing was asked of the host, which may count what it refuses.
nothing_was_tried() {
	[ "$status" -ne 0 ]
	run audit_since_mark
	[ -z "$output" ]
}

start_agent() {
	held ssh-agent -a $SOCK | sed -n 's/^SSH_AGENT_PID=\([0-9]*\);.*/\1/p' >/run/ssh-agent.pid
	local kind
	for kind in ed25519 rsa ecdsa; do
		dev ssh-keygen -q -t $kind -N '' -C "of $kind" -f "$KEYS/held-$kind"
		held ssh-add -q "$KEYS/held-$kind"
		rm "$KEYS/held-$kind"
		register "held-$kind" "$KEYS/held-$kind.pub"
	done
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/absent"
}
start_token() {
	local kind
	install -d -o dev -g dev /home/dev/tokens
	echo 'directories.tokendir = /home/dev/tokens' >/home/dev/softhsm.conf
	secret pin 1234
	secret wrong-pin 4321
	held softhsm2-util --init-token --free --label agents --so-pin 9999 --pin 1234 >/dev/null
	dev agentauth keygen --alg ES256 --out "$KEYS/es" >"$KEYS/es.pub" 2>/dev/null
	dev agentauth keygen --alg RS256 --bits 2048 --out "$KEYS/rs" >"$KEYS/rs.pub" 2>/dev/null
	dev openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$KEYS/weak" 2>/dev/null
	for kind in es rs weak; do
		held softhsm2-util --import "$KEYS/$kind" --token agents --label $kind --id "$(printf %s $kind | od -An -tx1 | tr -d ' \n')" --pin 1234 >/dev/null
		rm "$KEYS/$kind"
	done
	register token-es "$KEYS/es.pub"
	register token-rs "$KEYS/rs.pub"
}
tpm() {
	held "$@" >/dev/null
	held tpm2_flushcontext -t
}
start_tpm() {
	local dir=$KEYS/tpm
	dev mkdir -p $TPM/state "$dir"
	dev sh -c "exec swtpm socket --tpm2 --tpmstate dir=$TPM/state --server type=unixio,path=$TPM/sock \
		--ctrl type=unixio,path=$TPM/sock.ctrl --flags not-need-init,startup-clear >/dev/null 2>&1 3>&- & echo \$!" \
		>/run/swtpm.pid
	wait_until test -S $TPM/sock.ctrl
	secret auth "what opens it"
	secret wrong-auth "what does not"
	tpm tpm2_createprimary -C o -g sha256 -G ecc -c "$dir/primary"
	tpm tpm2_create -C "$dir/primary" -G ecc256 -p 'what opens it' -u "$dir/key.pub" -r "$dir/key.priv"
	tpm tpm2_load -C "$dir/primary" -u "$dir/key.pub" -r "$dir/key.priv" -c "$dir/key"
	tpm tpm2_evictcontrol -C o -c "$dir/key" 0x81000001
	tpm openssl genpkey -provider tpm2 -provider default -algorithm RSA -pkeyopt bits:2048 -out "$KEYS/wrapped.pem"
	tpm openssl genpkey -provider tpm2 -provider default -algorithm RSA -pkeyopt bits:1024 -out "$KEYS/weak.pem"
	chmod 600 "$KEYS/wrapped.pem" "$KEYS/weak.pem"
}

setup_file() {
	local file
	host_init
	install -m 0755 -t "$CLIENTS" "$HERE/security_key"
	dev mkdir -p /home/dev/.config/agentauth
	dev touch /home/dev/.config/agentauth/config
	chmod 600 /home/dev/.config/agentauth/config
	for file in pin auth; do
		printf '#!/bin/sh\ncat /home/dev/%s\n' $file >/home/dev/say-$file
		chmod 755 /home/dev/say-$file
	done
	start_agent
	start_token
	start_tpm
}
teardown_file() {
	kill "$(cat /run/ssh-agent.pid)" "$(cat /run/swtpm.pid)" || :
}
setup() {
	log_mark
	audit_mark
}

# ---- ssh-agent -------------------------------------------------------------------------------------------------------

@test "an ssh-agent signs with the registered key, whose private half is in no file" {
	profile held-ed25519 "agent:$KEYS/held-ed25519.pub"
	run held agentauth profile check
	expect_status 0
	logs_in held-ed25519
	audit_mark
	profile held-ed25519 "agent:$KEYS/held-ed25519.pub" pin
	run held agentauth ssh "held-ed25519@$HOST" id
	expect_output 'has a passphrase, which an ssh-agent does not ask for: take it out'
	nothing_was_tried
	sed -i 's/passphrase = {[^}]*};//' /home/dev/.config/agentauth/config
	logs_in held-ed25519
	profile held-ecdsa "agent:$(ssh-keygen -lf "$KEYS/held-ecdsa.pub" | cut -d' ' -f2)"
	logs_in held-ecdsa
}

@test "what an RSA key of an ssh-agent signs goes to the host in parts" {
	profile held-rsa "agent:$KEYS/held-rsa.pub"
	logs_in held-rsa
}

@test "what an ssh-agent cannot sign is told before the host is asked" {
	profile held-ed25519 "agent:$KEYS/absent.pub"
	run held agentauth ssh "held-ed25519@$HOST" id
	expect_output 'does not hold SHA256:.*it holds SHA256:.*\(of ed25519\)'
	nothing_was_tried
	profile held-ed25519 "agent:$KEYS/held-ed25519.pub"
	run dev agentauth ssh "held-ed25519@$HOST" id
	expect_output 'SSH_AUTH_SOCK is not set'
	nothing_was_tried
	run dev env SSH_AUTH_SOCK=/home/dev/gone agentauth ssh "held-ed25519@$HOST" id
	expect_output 'has ended: .*No such file'
	nothing_was_tried
	logs_in held-ed25519
}

@test "a locked ssh-agent signs nothing until it is unlocked" {
	profile held-ed25519 "agent:$KEYS/held-ed25519.pub"
	by_askpass pin ssh-add -x
	run held agentauth ssh "held-ed25519@$HOST" id
	expect_output 'shows no key: none was added .* or it is locked'
	nothing_was_tried
	by_askpass pin ssh-add -X
	logs_in held-ed25519
}

@test "what another agent's key signs, which the ssh-agent holds too, is refused" {
	profile held-ed25519 "agent:$KEYS/held-rsa.pub"
	run held agentauth ssh -o PubkeyAuthentication=no "held-ed25519@$HOST" id
	expect_status 255
	expect_audit '.event == "auth" and .agent == "held-ed25519" and .result == "denied" and .reason == "unknown_key"'
}

@test "an ssh-agent holds the key of a PKCS#11 token" {
	by_askpass pin ssh-add -q -s $SOFTHSM
	profile token-es "agent:$KEYS/es.pub"
	logs_in token-es
	held ssh-add -q -e $SOFTHSM
	run held agentauth ssh "token-es@$HOST" id
	expect_output 'does not hold SHA256:'
}

@test "a security key of an ssh-agent signs no assertion and is registered for nobody: a key of agentauth keygen does both" {
	local sock=/home/dev/security-key.sock
	dev "$CLIENTS/security_key" $sock >/run/security-key.pub 2>/dev/null 3>&- &
	echo $! >/run/security-key.pid
	wait_until test -s /run/security-key.pub
	profile held-ed25519 "agent:$(ssh-keygen -lf /run/security-key.pub | cut -d' ' -f2)"
	run dev env SSH_AUTH_SOCK=$sock agentauth ssh "held-ed25519@$HOST" id
	kill "$(cat /run/security-key.pid)"
	expect_output "is a security key's .*, and is registered for no agent. Use a key that agentauth keygen makes"
	nothing_was_tried
	run agentauthctl set held-ed25519 --key /run/security-key.pub
	expect_status 1
	expect_output 'its type or curve is not supported; agentauth keygen makes one'
	dev agentauth keygen --out "$KEYS/made" >"$KEYS/made.pub" 2>/dev/null
	register made "$KEYS/made.pub"
	profile made "$KEYS/made"
	logs_in made
}

# ---- OpenSSL's providers ------------------------------------------------------------------------------------------------

@test "a PKCS#11 token signs through OpenSSL's provider, or what is missing is named" {
	profile token-es 'pkcs11:token=agents;object=es' pin
	if [ ! -e "$MODULES/pkcs11.so" ]; then # Debian 12
		run held agentauth ssh "token-es@$HOST" id
		expect_output 'provider "pkcs11", which this machine does not have: apt-get install pkcs11-provider'
		nothing_was_tried
		return
	fi
	run held agentauth keygen --public 'pkcs11:token=agents;object=es' --passphrase-file /home/dev/pin
	expect_status 0
	expect_output "$(sed -n 2p "$KEYS/es.pub" | cut -c1-40)"
	logs_in token-es
	profile token-rs 'pkcs11:token=agents;object=rs' pin
	logs_in token-rs
}

@test "a token's key that is weak, ambiguous or behind another PIN signs nothing" {
	if ! [ -e "$MODULES/pkcs11.so" ]; then # Debian 12
		profile token-es 'pkcs11:token=agents;object=weak' pin
		run held agentauth ssh "token-es@$HOST" id
		expect_output 'ssh-add -s'
		nothing_was_tried
		return
	fi
	profile token-es 'pkcs11:token=agents;object=es' wrong-pin
	run held agentauth ssh "token-es@$HOST" id
	expect_output 'the PIN is wrong, or the token has no such key. Tokens lock after some wrong PINs: look before you try again'
	nothing_was_tried
	held softhsm2-util --show-slots | grep -q '^ *Label: *agents' # a look that costs no try
	profile token-es 'pkcs11:token=agents;object=es' pin
	logs_in token-es
	audit_mark
	profile token-es 'pkcs11:token=agents;object=es'
	run held agentauth ssh "token-es@$HOST" id
	expect_output 'wants a PIN'
	nothing_was_tried
	profile token-es 'pkcs11:token=agents;object=weak' pin
	run held agentauth ssh "token-es@$HOST" id
	expect_output 'the key is too weak: RSA below 2048 bits'
	nothing_was_tried
	profile token-es 'pkcs11:token=agents' pin
	run held agentauth ssh "token-es@$HOST" id
	expect_output 'names 3 private keys, and which is meant is not guessed: add object=… or id=…'
	nothing_was_tried
	profile token-es 'pkcs11:token=agents;object=es' pin
	logs_in token-es
	profile token-es 'pkcs11:token=agents;id=%65%73' pin
	logs_in token-es
}

lockout_counter() {
	held tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: //p'
}

@test "a TPM signs with the key at a handle, and counts one try for a wrong PIN" {
	held agentauth keygen --public handle:0x81000001 >"$KEYS/tpm.pub" 2>/dev/null
	register tpm-es "$KEYS/tpm.pub"
	profile tpm-es handle:0x81000001 auth
	run held agentauth profile check
	expect_status 0
	logs_in tpm-es
	[ "$(lockout_counter)" = 0x0 ]
	audit_mark
	profile tpm-es handle:0x81000001 wrong-auth
	run held agentauth ssh "tpm-es@$HOST" id
	expect_status 255
	expect_output 'the key at handle:0x81000001 did not sign with ES256: .*authorization'
	expect_no_audit '.event == "auth" and .agent == "tpm-es" and .result == "ok"'
	[ "$(lockout_counter)" = 0x1 ]
	profile tpm-es handle:0x81000009 auth
	run held agentauth ssh "tpm-es@$HOST" id
	expect_output 'no private key opens at handle:0x81000009'
}

@test "without OpenSSL's provider for a TPM the package is named that has it, and with it a TPM signs" {
	local module=$MODULES/tpm2.so
	profile tpm-es handle:0x81000001 auth
	mv "$module" /run/tpm2.so
	run held agentauth ssh "tpm-es@$HOST" id
	mv /run/tpm2.so "$module"
	expect_output 'provider "tpm2", which this machine does not have: apt-get install tpm2-openssl'
	nothing_was_tried
	dpkg -S "$module" | grep -q '^tpm2-openssl:'
	logs_in tpm-es
}

@test "a TPM signs with a key that it has wrapped into a file" {
	held agentauth keygen --public "$KEYS/wrapped.pem" >"$KEYS/wrapped.pub" 2>/dev/null
	register tpm-rs "$KEYS/wrapped.pub"
	profile tpm-rs "$KEYS/wrapped.pem"
	logs_in tpm-rs
	audit_mark
	chmod 644 "$KEYS/wrapped.pem"
	run held agentauth ssh "tpm-rs@$HOST" id
	expect_output 'others can read or change it'
	nothing_was_tried
	chmod 600 "$KEYS/wrapped.pem"
	profile tpm-rs "$KEYS/weak.pem"
	run held agentauth ssh "tpm-rs@$HOST" id
	expect_output 'the key is too weak: RSA below 2048 bits'
	nothing_was_tried
	profile tpm-rs "$KEYS/wrapped.pem"
	run agentauthctl register tpm-file --role logs --key "$KEYS/wrapped.pem"
	expect_status 1
	expect_output 'what a TPM wrapped'
	run dev env TPM2OPENSSL_TCTI=swtpm:path=/home/dev/gone agentauth ssh "tpm-rs@$HOST" id
	expect_output 'provider "tpm2" does not start .*TPM2OPENSSL_TCTI'
}
