#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each wrong turn that the agent's machine can take on the way to a login: what is printed, to the letter, and that the
# login works once what it says is done. What the host's administrator can do wrong is in wrong_turns_host.bats.

load support
load agents
load golden
load first_login

setup_file() {
	first_login_is_made
}
setup() {
	log_mark
	audit_mark
}
teardown() {
	put_back
	[ ! -e /home/dev/.mounted ] || umount /home/dev
}

# ---- keys -----------------------------------------------------------------------------------------------------------

@test "keygen: what is handed over, and a key that is there already" {
	turn keygen-again dev agentauth keygen
	turn keygen dev agentauth keygen --out /home/dev/new.pem
	turn keygen-rsa dev agentauth keygen --alg RS256 --out /home/dev/rsa.pem
	turn keygen-alg dev agentauth keygen --alg HS256
	turn keygen-no-folder dev agentauth keygen --out /home/dev/nowhere/key.pem
	turn keygen-not-ours dev agentauth keygen --out /root/key.pem
	logs_in
}

@test "a key that others can read" {
	chmod 644 "$CONFIG/key.pem"
	turn key-mode dev agentauth ssh "$AT" id -un
	cured_by dev "chmod 600 '.*'"
	logs_in
}

@test "a key of another user" {
	chown bob "$CONFIG/key.pem"
	turn key-owner dev agentauth ssh "$AT" id -un
}

@test "no key" {
	rm "$CONFIG/key.pem"
	turn no-key dev agentauth ssh "$AT" id -un
	turn no-key-profile-check dev agentauth profile check
}

@test "a public key in the place of the private one, an encrypted key" {
	cp /run/builder-7.pub "$CONFIG/key.pem"
	turn key-public dev agentauth ssh "$AT" id -un
	cp /run/dev.before/.config/agentauth/key.pem "$CONFIG/plain.pem"
	openssl pkcs8 -topk8 -in "$CONFIG/plain.pem" -passout pass:secret -out "$CONFIG/key.pem"
	chown -R dev: "$CONFIG"
	turn key-encrypted dev agentauth ssh "$AT" id -un
	echo garbage >"$CONFIG/key.pem"
	turn key-garbage dev agentauth ssh "$AT" id -un
	: >"$CONFIG/key.pem"
	turn key-empty dev agentauth ssh "$AT" id -un
}

# ---- profiles -------------------------------------------------------------------------------------------------------

@test "no profile" {
	rm "$CONFIG/config"
	turn no-profile dev agentauth ssh "$AT" id -un
}

@test "profile add: words" {
	turn profile-add-again dev agentauth profile add "$AT"
	turn profile-add-no-agent dev agentauth profile add "$HOST"
	turn profile-add-no-host dev agentauth profile add
	turn profile-add-bad-agent dev agentauth profile add "Builder_7@$HOST"
	turn profile-add-url dev agentauth profile add "ssh://builder-7@$HOST"
	turn profile-add-port dev agentauth profile add "builder-7@$HOST:2222"
	turn profile-add-two-hosts dev agentauth profile add "$AT" "builder-7@other"
	turn profile-add-same-name dev agentauth profile add "other@$HOST"
	turn profile-nothing dev agentauth profile
	turn profile-unknown dev agentauth profile ad "$AT"
	turn profile-show-unknown dev agentauth profile show wep
}

@test "profiles: what the file may be" {
	: >"$CONFIG/config"
	turn profile-empty dev agentauth ssh "$AT" id -un
	printf '[profiles.web]\nhosts = ["%s"]\nagent = "builder-7"\n' "$HOST" >"$CONFIG/config"
	turn profile-toml dev agentauth ssh "$AT" id -un
	printf 'profiles:\n  web:\n    hosts: [ %s ]\n' "$HOST" >"$CONFIG/config"
	turn profile-yaml dev agentauth ssh "$AT" id -un
	printf '{ "profiles": { "web": { "hosts": [ "%s" ] } } }\n' "$HOST" >"$CONFIG/config"
	turn profile-json dev agentauth ssh "$AT" id -un
	printf 'profiles = { web = { host = [ "%s" ]; agent = "builder-7"; }; };\n' "$HOST" >"$CONFIG/config"
	turn profile-setting dev agentauth ssh "$AT" id -un
	printf 'profiles = { web = { hosts = "%s"; agent = "builder-7"; }; };\n' "$HOST" >"$CONFIG/config"
	turn profile-no-list dev agentauth ssh "$AT" id -un
	printf 'profiles = { web = { hosts = [ "%s" ]; agent = "builder-7"; }; };\n' "$HOST" >"$CONFIG/config"
	turn profile-no-audience dev agentauth ssh "$AT" id -un
	printf 'hosts = [ "%s" ]; agent = "builder-7";\n' "$HOST" >"$CONFIG/config"
	turn profile-no-group dev agentauth ssh "$AT" id -un
	printf 'profiles = { web = { hosts = [ "%s" ]; audiences = [ "ssh://%s" ] agent = "builder-7"; }; }\n}' "$HOST" "$HOST" >"$CONFIG/config"
	turn profile-syntax dev agentauth ssh "$AT" id -un
	turn profile-syntax-add dev agentauth profile add "other@$HOST"
}

@test "profiles: who may change and read them" {
	chmod 666 "$CONFIG/config"
	turn profile-writable dev agentauth ssh "$AT" id -un
	cured_by dev "chmod go-w '.*'"
	logs_in
	chmod 000 "$CONFIG/config"
	turn profile-unreadable dev agentauth ssh "$AT" id -un
	chmod 600 "$CONFIG/config"
	chown root "$CONFIG/config"
	turn profile-of-root dev agentauth ssh "$AT" id -un
	chown bob "$CONFIG/config"
	turn profile-of-another dev agentauth ssh "$AT" id -un
	chown dev "$CONFIG/config"
	chmod 777 "$CONFIG"
	turn profile-folder-writable dev agentauth ssh "$AT" id -un
	cured_by dev "chmod go-w '.*'"
	logs_in
	mv "$CONFIG/config" "$CONFIG/elsewhere"
	ln -s elsewhere "$CONFIG/config"
	turn profile-link dev agentauth ssh "$AT" id -un
}

@test "profiles: two for one host, another host, another agent" {
	turn wrong-host dev agentauth ssh builder-7@web01 id -un
	turn wrong-agent dev agentauth ssh "other@$HOST" id -un
	turn no-user dev agentauth ssh "$HOST" id -un
	sed -n '/^  web01/,/^  };/p' "$CONFIG/config" | sed 's/^  web01[^ ]*/  second/' >/run/second
	sed -i '/^profiles/r /run/second' "$CONFIG/config"
	turn two-profiles dev agentauth ssh "$AT" id -un
	cured_by dev "agentauth ssh --profile [^ ]* [^ ,]*"
}

@test "the audience is another" {
	sed -i 's/ssh:..web01.example.com/ssh:\/\/web01/' "$CONFIG/config"
	turn audience dev agentauth ssh "$AT" id -un
}

# ---- the environment ------------------------------------------------------------------------------------------------

@test "HOME, TERM, askpass, what is left in the environment" {
	turn home-unset dev env -u HOME agentauth ssh "$AT" id -un
	turn home-relative dev env HOME=. agentauth ssh "$AT" id -un
	turn home-elsewhere dev env HOME=/tmp agentauth ssh "$AT" id -un
	turn term-odd dev env TERM=no-such-terminal agentauth ssh "$AT" id -un
	turn askpass-set dev env SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=never DISPLAY=:0 agentauth ssh "$AT" id -un
	turn env-profile dev env AGENTAUTH_PROFILE=gone agentauth ssh "$AT" id -un
	turn env-config dev env AGENTAUTH_CONFIG=/home/dev/gone agentauth ssh "$AT" id -un
	turn env-scope dev env AGENTAUTH_ASK_SCOPE=logs agentauth ssh "$AT" id -un
	turn env-session dev env AGENTAUTH_SESSION=x AGENTAUTH_AGENT=other AGENTAUTH_ROLES=root AGENTAUTH_TASK= agentauth ssh "$AT" id -un
	turn path-empty dev env PATH=/nowhere /usr/bin/agentauth ssh "$AT" id -un
}

nameless() {
	setpriv --reuid 54321 --regid 54321 --clear-groups --reset-env -- env HOME=/run/nameless "$@" </dev/null
}
@test "a uid without a name" {
	cp -a /home/dev /run/nameless
	chown -R 54321:54321 /run/nameless
	turn nameless nameless agentauth ssh "$AT" id -un
	turn nameless-keygen nameless agentauth keygen --out /run/nameless/x.pem
	turn nameless-no-home nameless env -u HOME agentauth profile list
	rm -rf /run/nameless
}

@test "root" {
	turn root-no-profile agentauth ssh "$AT" id -un
	turn root-devs env HOME=/home/dev agentauth ssh "$AT" id -un
}

@test "a home that cannot be written" {
	mount --bind /home/dev /home/dev
	mount -o remount,bind,ro /home/dev
	run dev agentauth ssh "$AT" id -un
	turn read-only-login dev agentauth ssh "$AT" id -un
	turn read-only-keygen dev agentauth keygen --out /home/dev/.config/agentauth/other.pem
	turn read-only-profile dev agentauth profile add builder-7@other
	turn read-only-token dev env AGENTAUTH_CONFIG=/run/rsa.config agentauth ssh "$AT" id -un
	umount /home/dev
}

# ---- ssh ------------------------------------------------------------------------------------------------------------

ssh_config() {
	printf '%s\n' "$@" >/home/dev/.ssh/config
	chown dev: /home/dev/.ssh/config
	chmod 600 /home/dev/.ssh/config
}
@test "ssh_config in the way" {
	ssh_config 'User alice'
	turn config-user dev agentauth ssh "$HOST" id -un
	ssh_config "Host $HOST" '  HostName web01'
	turn config-hostname dev agentauth ssh "$AT" id -un
	ssh_config 'HostKeyAlias fleet'
	turn config-alias dev agentauth ssh "$AT" id -un
	ssh_config 'NoSuchOption yes'
	turn config-bad dev agentauth ssh "$AT" id -un
	ssh_config 'ProxyCommand /bin/sleep 0.3' # which takes what ssh says, and answers nothing
	turn config-proxy dev agentauth ssh "$AT" id -un
	ssh_config 'BatchMode yes' 'KbdInteractiveAuthentication no' 'PreferredAuthentications password' 'NumberOfPasswordPrompts 0' 'IdentitiesOnly yes'
	turn config-batch dev agentauth ssh "$AT" id -un
	ssh_config 'ChallengeResponseAuthentication no'
	turn config-challenge dev agentauth ssh "$AT" id -un
	ssh_config 'UserKnownHostsFile /dev/null' 'StrictHostKeyChecking ask'
	turn config-known-hosts dev agentauth ssh "$AT" id -un
	ssh_config 'SendEnv AGENTAUTH_*'
	turn config-sendenv dev agentauth ssh "$AT" id -un
	ssh_config 'User alice'
	chmod 666 /home/dev/.ssh/config
	turn config-mode dev agentauth ssh "$AT" id -un
	chmod 600 /home/dev/.ssh/config
	chown bob /home/dev/.ssh/config
	turn config-owner dev agentauth ssh "$AT" id -un
}

@test "the host's key unknown, changed" {
	rm /home/dev/.ssh/known_hosts
	turn host-key-unknown dev agentauth ssh "$AT" id -un
	ssh-keygen -q -t ed25519 -N '' -f /run/otherkey </dev/null || :
	sed "s/^/$HOST /" /run/otherkey.pub >/home/dev/.ssh/known_hosts
	chown dev: /home/dev/.ssh/known_hosts
	turn host-key-changed dev agentauth ssh "$AT" id -un
	turn host-key-strict-no dev agentauth ssh -o StrictHostKeyChecking=no "$AT" id -un
}

@test "options and words" {
	turn ssh-version dev agentauth ssh -V
	turn ssh-alone dev agentauth ssh
	turn ssh-option dev agentauth ssh --profil web "$AT"
	turn ssh-option-ssh dev agentauth ssh -Z "$AT"
	turn ssh-option-value dev agentauth ssh "$AT" --profile
	turn ssh-o dev agentauth ssh -o User=builder-7 -o Port=22 "$HOST" id -un
	turn ssh-o-bad dev agentauth ssh -o NoSuch=yes "$AT" id -un
	turn ssh-l dev agentauth ssh -l builder-7 "$HOST" id -un
	turn ssh-user-twice dev agentauth ssh -l other "$AT" id -un
	turn ssh-port-twice dev agentauth ssh -p 22 -p 2222 "$AT" id -un
	turn ssh-port-in-host dev agentauth ssh "$AT:22" id -un
	turn ssh-uri dev agentauth ssh "ssh://$AT:22" id -un
	turn ssh-port-twice-uri dev agentauth ssh -p 22 "ssh://$AT:2222" id -un
	turn ssh-no-host dev agentauth ssh builder-7@no-such-host.example id -un
	turn ssh-refused dev agentauth ssh -p 9 "$AT" id -un
	turn command-unknown dev agentauth shh "$AT"
	turn command-unknown-far dev agentauth frobnicate
	turn command-none dev agentauth
	turn command-host dev agentauth "$AT"
	turn ssh-profile-twice dev agentauth ssh --profile nowhere "$AT" id -un
}
