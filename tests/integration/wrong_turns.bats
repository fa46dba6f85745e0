#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each wrong turn that the agent's machine can take on the way to a login: what is printed, to the letter, and that the
# login works once what it says is done. What the host's administrator can do wrong is in wrong_turns_host.bats.

load support
load advice
load golden
load first_login

setup_file() {
	first_login_is_made
	dev agentauth keygen --alg RS256 --out /home/dev/rsa.pem >/run/rsa.pub 2>/dev/null
	agentauthctl set builder-7 --key /run/rsa.pub
	cp -a /home/dev/rsa.pem /run/dev.before/
}
setup() {
	log_mark
	audit_mark
}
teardown() {
	! mountpoint -q /home/dev || umount /home/dev
	! mountpoint -q /run/full || umount /run/full
	put_back
}

cured_login() { # REGEX [SED]: the command that is said is a login, and succeeds
	run cured_by dev "$1" "${2:+$2;}s/\$/ id -un/"
	expect_status 0 && expect_output '^builder-7$' && connections_have_ended
}
nothing_was_tried() {
	expect_status 1 && reaches_no_host
}

# ---- keys -----------------------------------------------------------------------------------------------------------

@test "keygen: what is handed over, and where it cannot write" {
	turn keygen dev agentauth keygen --out /home/dev/new.pem
	turn keygen-rsa dev agentauth keygen --alg RS256 --out /home/dev/new-rsa.pem
	turn keygen-again dev agentauth keygen
	cured_by dev "agentauth keygen --public '.*'" 2>/run/told | cmp - /run/builder-7.pub
	grep -q "^  agentauthctl register NAME --role ROLE --key 'ecdsa-sha2-nistp256 " /run/told
	turn keygen-alg dev agentauth keygen --alg HS256
	turn keygen-not-ours dev agentauth keygen --out /root/key.pem
	turn keygen-no-folder dev agentauth keygen --out /home/dev/nowhere/key.pem
	cured_by dev "mkdir -p '.*'"
	dev agentauth keygen --out /home/dev/nowhere/key.pem
}

@test "a key that others can read, of another user, or that is gone" {
	chmod 644 "$CONFIG/key.pem"
	turn key-mode dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev "chmod 600 '.*'"
	logs_in
	chown bob "$CONFIG/key.pem"
	turn key-owner dev agentauth ssh "$AT" id -un
	cured_by root "chown [0-9]+ '.*'"
	logs_in
	log_mark
	rm "$CONFIG/key.pem"
	turn no-key-profile-check dev agentauth profile check
	turn no-key dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev 'agentauth keygen' 's/$/ 2>told/' >/dev/null
	eval "agentauthctl set builder-7 $(grep -o "\-\-key '.*'" /home/dev/told)"
	logs_in
	cp "$CONFIG/key.pem" /run/dev.before/.config/agentauth/key.pem
	chown dev: /run/dev.before/.config/agentauth/key.pem
}

@test "what is no private key, and one that is encrypted" {
	cp "$CONFIG/key.pem" /run/plain.pem
	openssl pkey -in /run/plain.pem -pubout >"$CONFIG/key.pem"
	turn key-public dev agentauth ssh "$AT" id -un
	echo garbage >"$CONFIG/key.pem"
	turn key-garbage dev agentauth ssh "$AT" id -un
	: >"$CONFIG/key.pem"
	turn key-empty dev agentauth ssh "$AT" id -un
	openssl pkcs8 -topk8 -in /run/plain.pem -passout pass:secret -out "$CONFIG/key.pem"
	turn key-encrypted dev agentauth ssh "$AT" id -un
	nothing_was_tried
	install -m 0600 -o dev /dev/null /home/dev/passphrase
	echo secret >/home/dev/passphrase
	sed -i "/agent = /a $(grep -o 'passphrase_file = "FILE";' <<<"$output" | sed s:FILE:/home/dev/passphrase:)" "$CONFIG/config"
	logs_in
}

@test "a clock that is behind the key's file" {
	touch -d '+2 hours' "$CONFIG/key.pem"
	turn clock-behind dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev "touch '.*'"
	logs_in
}

# ---- profiles -------------------------------------------------------------------------------------------------------

@test "no profile" {
	rm "$CONFIG/config"
	turn no-profile dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev 'agentauth profile add .*'
	logs_in
}

@test "profile add: words" {
	turn profile-add-again dev agentauth profile add "$AT"
	cured_login 'agentauth ssh [^;]*'
	turn profile-add-no-agent dev agentauth profile add "$HOST"
	turn profile-add-no-host dev agentauth profile add
	turn profile-add-bad-agent dev agentauth profile add "Builder_7@$HOST"
	turn profile-add-url dev agentauth profile add "ssh://builder-7@$HOST"
	turn profile-add-port dev agentauth profile add "builder-7@$HOST:2222"
	cured_login 'agentauth ssh -p PORT NAME@HOST' "s/PORT/22/;s/NAME@HOST/$AT/"
	turn profile-add-two-hosts dev agentauth profile add "$AT" "builder-7@other"
	turn profile-add-second-agent dev agentauth profile add "other@$HOST"
	turn profile-add-same-name dev agentauth profile add "third@$HOST" --name web01-example-com
	turn profile-nothing dev agentauth profile
	turn profile-unknown dev agentauth profile ad "$AT"
	turn profile-show-unknown dev agentauth profile show wep
	logs_in
}

written() { # TEXT
	printf '%s\n' "$1" >"$CONFIG/config"
}
begun_anew() {
	cured_by dev "mv '[^']*' '[^']*'"
	cured_by dev 'agentauth profile add NAME@HOST' "s/NAME@HOST/$AT/"
	logs_in
}

@test "profiles: TOML, YAML, JSON, nothing, and what is only nearly right" {
	: >"$CONFIG/config"
	turn profile-empty dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev 'agentauth profile add NAME@HOST' "s/NAME@HOST/$AT/"
	logs_in
	written "[profiles.web]
hosts = [\"$HOST\"]
agent = \"builder-7\""
	turn profile-toml dev agentauth ssh "$AT" id -un
	begun_anew
	written "profiles:
  web:
    hosts: [ $HOST ]"
	turn profile-yaml dev agentauth ssh "$AT" id -un
	begun_anew
	written "{ \"profiles\": { \"web\": { \"hosts\": [ \"$HOST\" ] } } }"
	turn profile-json dev agentauth ssh "$AT" id -un
	turn profile-json-add dev agentauth profile add "other@$HOST"
	begun_anew
	written "profiles = { web = { host = [ \"$HOST\" ]; agent = \"builder-7\"; ttl = \"60\"; }; };"
	turn profile-setting dev agentauth ssh "$AT" id -un
	written "profiles = { web = { hosts = \"$HOST\"; agent = \"builder-7\"; }; };"
	turn profile-no-list dev agentauth ssh "$AT" id -un
	written "hosts = [ \"$HOST\" ]; agent = \"builder-7\";"
	turn profile-no-group dev agentauth ssh "$AT" id -un
	written "profiles = { web = { hosts = [ \"$HOST\" ]; agent = \"builder-7\"; }; };"
	turn profile-no-audience dev agentauth ssh "$AT" id -un
	sed -i "s|agent =|$(grep -o 'audiences = \[ .* \];' <<<"$output" | sed "s/HOST/$HOST/") &|" "$CONFIG/config"
	logs_in
}

# What is another's in /home/dev is the user's own in a HOME of its own, and a login from there succeeds.
with_a_home_of_its_own() { # USER
	local own=/tmp/home-of-its-own
	cp -a /home/dev "$own"
	chown -R "$1:" "$own"
	run setpriv --reuid "$1" --regid "$1" --init-groups --reset-env -- env HOME="$own" agentauth ssh \
		-o UserKnownHostsFile="$own/.ssh/known_hosts" "$AT" id -un </dev/null
	rm -r "$own"
	expect_status 0 && expect_output '^builder-7$'
}

@test "profiles: who may change and read them" {
	chmod 666 "$CONFIG/config"
	turn profile-writable dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev "chmod go-w '.*'"
	logs_in
	chmod 000 "$CONFIG/config"
	turn profile-unreadable dev agentauth ssh "$AT" id -un
	cured_by dev "chmod 600 '.*'"
	logs_in
	chown root "$CONFIG/config"
	turn profile-of-root dev agentauth ssh "$AT" id -un
	cured_by root "chown [0-9]+ '.*'"
	logs_in
	chown bob "$CONFIG/config"
	chmod 644 "$CONFIG/config"
	turn profile-of-another dev agentauth ssh "$AT" id -un
	with_a_home_of_its_own dev
	chown dev "$CONFIG/config"
	chmod 777 "$CONFIG"
	turn profile-folder-writable dev agentauth ssh "$AT" id -un
	cured_by dev "chmod go-w '.*'"
	logs_in
	mv "$CONFIG/config" "$CONFIG/elsewhere"
	ln -s elsewhere "$CONFIG/config"
	turn profile-link dev agentauth ssh "$AT" id -un
	logs_in env "AGENTAUTH_CONFIG=$(grep -o "instead, '[^']*'" <<<"$output" | cut -d"'" -f2)" agentauth ssh
	mv "$CONFIG/elsewhere" "$CONFIG/config" # that is put in its place
	logs_in
}

@test "another host, another agent, two profiles for one host, another audience" {
	turn wrong-host dev agentauth ssh builder-7@web01 id -un
	nothing_was_tried
	cured_login 'agentauth ssh [^ ]*[^. ]'
	log_mark
	turn wrong-agent dev agentauth ssh "other@$HOST" id -un
	nothing_was_tried
	cured_login "Log in as [^ ]*" 's/Log in as/agentauth ssh/'
	turn no-user dev agentauth ssh "$HOST" id -un
	cured_login "Log in as [^ ]*" 's/Log in as/agentauth ssh/'
	log_mark
	sed -n '/^  web01/,/^  };/p' "$CONFIG/config" | sed 's/^  web01[^ ]*/  second/' >/run/second
	sed -i '/^profiles/r /run/second' "$CONFIG/config"
	turn two-profiles dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_login 'agentauth ssh --profile [^ ]* [^ ,]*'
	put_back
	sed -i 's/ssh:..web01.example.com/ssh:\/\/web01/' "$CONFIG/config"
	turn audience dev agentauth ssh "$AT" id -un
	sed -i "s|audiences = .*|$(grep -o 'audiences = \[ .* \];' <<<"$output")|" "$CONFIG/config"
	logs_in
}

@test "a token that the platform gives: expired, for another host, none" {
	local good
	good=$(forge builder-7 --key "$CONFIG/key.pem")
	dev agentauth profile add other@elsewhere --token-file /home/dev/token >/dev/null 2>&1
	install -m 0600 -o dev /dev/null /home/dev/token
	forge builder-7 --key "$CONFIG/key.pem" --claim exp=@-100 >/home/dev/token
	turn token-expired dev agentauth profile check elsewhere
	echo "$good" >/home/dev/token
	turn token-audience dev agentauth profile check elsewhere
	echo opaque >/home/dev/token
	turn token-opaque dev agentauth profile check elsewhere
	forge builder-7 --key "$CONFIG/key.pem" --aud ssh://elsewhere >/home/dev/token
	run dev agentauth profile check elsewhere
	expect_status 0
	expect_output '^elsewhere: good$'
}

# ---- the environment ------------------------------------------------------------------------------------------------

@test "HOME, TERM, SSH_ASKPASS, and what is left in the environment" {
	logs_in env -u HOME agentauth ssh
	logs_in env HOME=. agentauth ssh
	logs_in env TERM=no-such-terminal agentauth ssh
	logs_in env SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=never DISPLAY=:0 agentauth ssh
	logs_in env AGENTAUTH_SESSION=x AGENTAUTH_AGENT=other AGENTAUTH_ROLES=root AGENTAUTH_TASK= agentauth ssh
	log_mark
	turn home-elsewhere dev env HOME=/tmp agentauth ssh "$AT" id -un
	turn env-profile dev env AGENTAUTH_PROFILE=gone agentauth ssh "$AT" id -un
	nothing_was_tried
	run cured_by dev 'agentauth profile list'
	logs_in env "AGENTAUTH_PROFILE=$(sed -n '2s/ .*//p' <<<"$output")" agentauth ssh
	turn env-config dev env AGENTAUTH_CONFIG=/home/dev/gone agentauth ssh "$AT" id -un
	cured_by dev 'agentauth profile add .*' 's:^:env AGENTAUTH_CONFIG=/home/dev/gone :'
	logs_in env AGENTAUTH_CONFIG=/home/dev/gone agentauth ssh
	turn env-scope dev env AGENTAUTH_ASK_SCOPE=logs agentauth ssh "$AT" id -un
	expect_output 'for the roles logs'
	turn path-empty dev env PATH=/nowhere /usr/bin/agentauth ssh "$AT" id -un
	logs_in
}

nameless() {
	setpriv --reuid 54321 --regid 54321 --clear-groups --reset-env -- env HOME=/run/nameless "$@" </dev/null
}
@test "a uid without a name" {
	cp -a /home/dev /run/nameless
	chown -R 54321:54321 /run/nameless
	turn nameless nameless agentauth ssh "$AT" id -un
	nothing_was_tried
	turn nameless-no-home nameless env -u HOME agentauth profile list
	run nameless env -u HOME agentauth profile list --config /run/nameless/.config/agentauth/config
	expect_status 0 && expect_output '^web01-example-com '
	run nameless agentauth profile list # with HOME
	expect_status 0 && expect_output '^web01-example-com '
	turn nameless nameless agentauth ssh "$AT" id -un
	cured_by root "echo '.*' >>/etc/passwd"
	run nameless agentauth ssh "$AT" id -un
	expect_output '^builder-7$'
	people_have_ssh_and_sudo
	sed -i '/:54321:/d' /etc/passwd
	rm -rf /run/nameless
}

@test "root" {
	turn root-no-profile agentauth ssh "$AT" id -un
	nothing_was_tried
	turn root-devs env HOME=/home/dev agentauth ssh "$AT" id -un
	nothing_was_tried
	with_a_home_of_its_own root
	logs_in # as that user
}

make_read_only() {
	mount --bind /home/dev /home/dev
	mount -o remount,bind,ro /home/dev
}

@test "a home that cannot be written: a login, and the first one" {
	local place=/tmp/place
	install -d -m 0700 -o dev "$place"
	make_read_only
	logs_in
	turn read-only-profile dev agentauth profile add builder-7@other
	umount /home/dev
	rm -r "$CONFIG"
	make_read_only
	turn read-only-keygen dev agentauth keygen
	dev agentauth keygen --out "$place/key.pem" 2>/run/told >/dev/null
	eval "agentauthctl set builder-7 $(grep -o "\-\-key '.*'" /run/told)"
	turn read-only-first-profile dev agentauth profile add "$AT"
	dev agentauth profile add "$AT" --config "$place/config" --key "$place/key.pem"
	logs_in env AGENTAUTH_CONFIG="$place/config" agentauth ssh
}

# What an RSA key signs takes several answers: the rest is kept between them.
@test "nowhere to keep the rest of an answer: no XDG_RUNTIME_DIR, a full disk" {
	sed -i "/agent = /a key = \"/home/dev/rsa.pem\";" "$CONFIG/config"
	logs_in
	make_read_only
	turn no-runtime-dir dev env -u XDG_RUNTIME_DIR agentauth ssh "$AT" id -un
	install -d -m 0700 -o dev /tmp/runtime
	logs_in env "$(grep -o 'XDG_RUNTIME_DIR=FOLDER' <<<"$output" | sed s:FOLDER:/tmp/runtime:)" agentauth ssh
	umount /home/dev
	mkdir -p /run/full
	mount -t tmpfs -o size=16k,mode=700,uid="$(id -u dev)" none /run/full
	dev dd if=/dev/zero of=/run/full/filler bs=4k 2>/dev/null || :
	turn disk-full dev env XDG_RUNTIME_DIR=/run/full agentauth ssh "$AT" id -un
	rm /run/full/filler
	logs_in env XDG_RUNTIME_DIR=/run/full agentauth ssh
}

# ---- ssh ------------------------------------------------------------------------------------------------------------

ssh_config() { # LINE...
	printf '%s\n' "$@" >/home/dev/.ssh/config
	chown dev: /home/dev/.ssh/config
	chmod 600 /home/dev/.ssh/config
}
@test "ssh_config in the way" {
	ssh_config 'User alice'
	turn config-user dev agentauth ssh "$HOST" id -un
	nothing_was_tried
	cured_login "Log in as [^ ]*" 's/Log in as/agentauth ssh/'
	log_mark
	ssh_config "Host $HOST" '  HostName web01' '  HostKeyAlias fleet'
	turn config-alias dev agentauth ssh "$AT" id -un
	nothing_was_tried
	cured_by dev 'agentauth profile add [^;]*' "s|\$| --audience ssh://$HOST|"
	sed -i 's/^web01.example.com,/fleet,&/' /home/dev/.ssh/known_hosts
	logs_in
	ssh_config 'NoSuchOption yes'
	turn config-bad dev agentauth ssh "$AT" id -un
	ssh_config 'User alice'
	chmod 666 /home/dev/.ssh/config
	turn config-mode dev agentauth ssh "$AT" id -un
	ssh_config 'ProxyCommand /bin/sleep 0.3' # which takes what ssh says, and answers nothing
	turn config-proxy dev agentauth ssh "$AT" id -un
	ssh_config 'BatchMode yes' 'KbdInteractiveAuthentication no' 'PreferredAuthentications password' 'IdentitiesOnly yes' \
		'NumberOfPasswordPrompts 0' 'SendEnv AGENTAUTH_*'
	logs_in
}

@test "the host's key unknown, changed" {
	rm /home/dev/.ssh/known_hosts
	turn host-key-unknown dev agentauth ssh "$AT" id -un
	cured_login 'agentauth ssh -o StrictHostKeyChecking=accept-new' "s/\$/ $AT/"
	logs_in
	ssh-keygen -q -t ed25519 -N '' -f /run/otherkey
	sed "s/^/$HOST /" /run/otherkey.pub >/home/dev/.ssh/known_hosts
	turn host-key-changed dev agentauth ssh "$AT" id -un
	cured_by dev 'ssh-keygen -f .* -R .*'
	run dev agentauth ssh "$AT" id -un
	cured_login 'agentauth ssh -o StrictHostKeyChecking=accept-new' "s/\$/ $AT/"
}

@test "options and words of ssh" {
	turn ssh-version dev agentauth ssh -V
	turn ssh-alone dev agentauth ssh
	turn ssh-option dev agentauth ssh --profli web "$AT"
	turn ssh-option-ssh dev agentauth ssh -Z "$AT"
	turn ssh-option-behind dev agentauth ssh "$AT" --profile web01-example-com
	cured_login 'agentauth ssh --profile VALUE HOST' "s/VALUE/web01-example-com/;s/HOST/$AT/"
	turn ssh-o-bad dev agentauth ssh -o NoSuch=yes "$AT" id -un
	turn ssh-user-twice dev agentauth ssh -l other "$AT" id -un
	turn ssh-port-in-host dev agentauth ssh "$AT:22" id -un
	cured_login 'agentauth ssh -p .*'
	turn ssh-no-host dev agentauth ssh builder-7@no-such-host.example id -un
	turn ssh-refused dev agentauth ssh -p 9 "$AT" id -un
	logs_in agentauth ssh -o User=builder-7 -o Port=22
	logs_in agentauth ssh -p 22 -p 2222
	logs_in agentauth ssh -l builder-7
	run dev agentauth ssh -p 22 "ssh://$AT:2222" id -un
	expect_output '^builder-7$'
}

@test "words of agentauth" {
	turn command-unknown dev agentauth shh "$AT"
	turn command-unknown-far dev agentauth frobnicate
	turn command-none dev agentauth
	turn command-host dev agentauth "$AT"
	cured_login 'agentauth ssh [^?]*'
}
