#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What agentauth tells an agent, taken from what is printed and done to the letter. Which sentence is carried out by which test is
# in orders.table.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a shell of its own; the loaded files use the variables
load support
load advice

setup_file() {
	advice_host_of_people
	install -d -m 0700 -o dev -g dev /home/dev/.config /home/dev/.config/agentauth
}
setup() {
	log_mark
	audit_mark
	chown dev: "$KEY" && chmod 600 "$KEY" && touch "$KEY"
	one_profile
	cd /home/dev || return
}
teardown() {
	[ ! -e /home/dev/kept ] || mv /home/dev/kept /home/dev/.ssh/known_hosts
	people_have_ssh_and_sudo
}
logs_in() {
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 0
	expect_output '^builder-7$'
}
not_in_and_told() { # REGEX
	refused_and_told "$1" dev agentauth ssh "builder-7@$HOST" id -un
}
# What was told is done by dev as it stands there.
dev_obeys() { # [PLACEHOLDER VALUE]...
	while [ $# -ge 2 ]; do
		order=${order//"$1"/"$2"}
		shift 2
	done
	run dev sh -e -c "$order"
	expect_status 0
}
# The command again, with the option that was told.
dev_again() { # COMMAND...
	run dev "$@"
	expect_status 0
}

# ---- files --------------------------------------------------------------------------------------------------------------------

@test "files that others can read or change" {
	chmod 644 "$KEY"
	not_in_and_told 'others can read or change it. Do: (chmod 600 .*[^ ])$'
	dev_obeys
	logs_in
	chmod 666 "$CONFIG"
	not_in_and_told 'others can change it. Do: (chmod go-w .*[^ ])$'
	dev_obeys
	logs_in
	chmod 777 "${CONFIG%/*}"
	not_in_and_told 'others can change it. Do: (chmod go-w .*[^ ])$'
	dev_obeys
	logs_in
}

@test "files of a time that lies ahead" {
	local file
	for file in "$KEY" "$CONFIG"; do
		touch -d '+2 days' "$file"
		not_in_and_told 'set the clock \((timedatectl set-ntp true)\), or, where the file.s time is wrong: (touch .*[^ ])$'
		order=${BASH_REMATCH[2]}
		dev_obeys
		logs_in
	done
	timedatectl --help | grep -q -e "${BASH_REMATCH[1]#* } *BOOL\|set-ntp BOOL"
}

@test "no key, one that is there already, one that is encrypted" {
	refused_and_told 'a key is made by: (agentauth keygen)' dev agentauth assert --agent builder-7 --audience x
	dev_obeys
	told "(agentauthctl register NAME --role ROLE --key '[^']+')"
	obey NAME by-the-line ROLE deploy
	agentauthctl retire by-the-line
	dev_again agentauth assert --agent builder-7 --audience x
	refused_and_told 'is there already, and is not overwritten. (--out) names another file' dev agentauth keygen
	dev_again agentauth keygen "$order" "$KEYS/not-there-yet.pem"
	rm "${CONFIG%/*}/key.pem"
	openssl pkey -in "$KEY" -aes256 -passout pass:secret -out "$KEYS/closed.pem" 2>/dev/null
	chown dev: "$KEYS/closed.pem"
	install -m 0600 -o dev <(echo secret) "$KEYS/secret"
	refused_and_told 'is encrypted. Name its passphrase: (passphrase_file = "FILE";) in the profile, or (--passphrase-file FILE) of agentauth assert' \
		dev agentauth assert --agent builder-7 --audience x --key "$KEYS/closed.pem"
	set -- "${BASH_REMATCH[@]:1}"
	# shellcheck disable=SC2086
	dev_again agentauth assert --agent builder-7 --audience x --key "$KEYS/closed.pem" ${2/FILE/"$KEYS/secret"}
	profiles "$(KEY=$KEYS/closed.pem profile web "\"$HOST\"" "\"ssh://$HOST\"" "${1/FILE/"$KEYS/secret"}")"
	logs_in
}

# ---- profiles -----------------------------------------------------------------------------------------------------------------

@test "two profiles for one login: say which one" {
	profiles "$(profile web "\"$HOST\"" "\"ssh://$HOST\"") $(profile web2 "\"$HOST\"" "\"ssh://$HOST\"")"
	not_in_and_told 'Say which one: (agentauth ssh --profile web [^ ,]+), or (AGENTAUTH_PROFILE=web); or take one out of the file'
	set -- "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	run dev sh -c "$1 id -un"
	expect_output '^builder-7$'
	run dev env "$2" agentauth ssh "builder-7@$HOST" id -un
	expect_output '^builder-7$'
}

@test "a profile that does not say which host may ask for which audience" {
	profiles "$(profile web "\"$HOST\", \"b.example.com\"" "\"x\", \"ssh://$HOST\"")"
	not_in_and_told 'Write a profile for each host, or audiences that name one of the hosts each: (ssh://)HOST'
	profiles "$(profile web "\"$HOST\"" "\"x\", \"ssh://$HOST\"") $(profile b '"b.example.com"' '"x"')"
	logs_in
	profiles "$(profile web "\"$HOST\", \"b.example.com\"" "\"${order}b.example.com\", \"$order$HOST\"")"
	logs_in
}

@test "a host by another name, and a login as another" {
	refused_and_told 'If it is [a-z0-9.]+, use that name: (agentauth ssh [^ ]+)\. If not, write a profile for it: (agentauth profile add [^ ]+); where it calls itself otherwise, with (--audience ssh://)FULL-NAME' \
		dev agentauth ssh builder-7@web01 id -un
	set -- "${BASH_REMATCH[@]:1}"
	run dev sh -c "$1 id -un"
	expect_output '^builder-7$'
	dev_again sh -c "$2 $3$HOST --key $KEY"
	run dev agentauth ssh builder-7@web01 id -un
	expect_output '^builder-7$'
	one_profile
	refused_and_told 'Log in as (builder-7@[a-z0-9.]+) .*, or write a profile: (agentauth profile add other@[a-z0-9.]+)' dev agentauth ssh "other@$HOST" id -un
	set -- "${BASH_REMATCH[@]:1}"
	run dev agentauth ssh "$1" id -un
	expect_output '^builder-7$'
	chown dev: "$KEYS/other.pem"
	dev_again sh -c "$2 --key $KEYS/other.pem"
	run dev agentauth ssh "other@$HOST" id -un
	expect_output '^other$'
	# A port has its place.
	refused_and_told 'The port stands before it: (agentauth ssh -p 22 [^ ]+)' dev agentauth ssh "builder-7@$HOST:22" id -un
	run dev sh -c "$order id -un"
	expect_output '^builder-7$'
	refused_and_told 'leave it out here, and say (agentauth ssh -p PORT NAME@HOST)' dev agentauth profile add "builder-7@$HOST:22"
	order=${order/PORT/22}
	run dev sh -c "${order/NAME@HOST/builder-7@$HOST} id -un"
	expect_output '^builder-7$'
	refused_and_told 'did you mean (agentauth ssh [^?]+)\?' dev agentauth "builder-7@$HOST"
	run dev sh -c "$order id -un"
	expect_output '^builder-7$'
}

@test "no profile, a file that is none, and what profile is asked for" {
	rm "$CONFIG"
	refused_and_told 'this writes one: (agentauth profile add NAME@HOST)' dev agentauth profile list
	dev_obeys NAME@HOST "builder-7@$HOST --key $KEY"
	logs_in
	refused_and_told 'which host\? (agentauth profile add NAME@HOST)' dev agentauth profile add
	dev_obeys NAME@HOST 'builder-7@elsewhere.example.com'
	refused_and_told 'Log in: (agentauth ssh builder-7@elsewhere.example.com); to change it, edit that file' \
		dev agentauth profile add builder-7@elsewhere.example.com
	refused_and_told 'Say (--agent) NAME, or NAME@HOST' dev agentauth profile add there.example.com
	dev_again agentauth profile add there.example.com "$order" builder-7
	refused_and_told '--client-id and --client-secret-file go with (--issuer)' dev agentauth profile add builder-7@d.example.com --client-id x
	install -m 0600 -o dev <(echo secret) "$KEYS/client-secret"
	dev_again agentauth profile add builder-7@d.example.com --client-id x --client-secret-file "$KEYS/client-secret" \
		"$order" https://idp.example.com
	refused_and_told 'a command is missing; there are: add, (list), show, check' dev agentauth profile
	dev_again agentauth profile "$order"
	refused_and_told 'there is no command "frob"; there are: add, (list), show, check' dev agentauth profile frob
	dev_again agentauth profile "$order"
	echo 'nothing = 1;' >"$CONFIG"
	refused_and_told 'nothing: there is no such setting; here there may be: (profiles)' dev agentauth profile add "builder-7@$HOST"
	echo "$order = { };" >"$CONFIG"
	dev_again agentauth profile add "builder-7@$HOST" --key "$KEY"
	logs_in
}

# ---- ssh ----------------------------------------------------------------------------------------------------------------------

@test "a host whose key ssh does not know" {
	cp /home/dev/.ssh/known_hosts kept
	local file
	: >/home/dev/.ssh/known_hosts
	not_in_and_told 'Compare it with what the host.s administrator says, then have ssh keep it: (agentauth ssh -o StrictHostKeyChecking=accept-new), and'
	[[ $output =~ SHA256:[A-Za-z0-9+/]+ ]]
	for file in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$file"; done | grep -qF "${BASH_REMATCH[0]}"
	run dev sh -c "$order builder-7@$HOST id -un"
	expect_output '^builder-7$'
	logs_in
}

@test "an SSH key with a passphrase among those that ssh tries" {
	dev ssh-keygen -q -t ed25519 -N secret -f /home/dev/.ssh/closed
	agentauthctl set builder-7 --key /home/dev/.ssh/closed.pub >/dev/null
	set -- env SSH_ASKPASS="$(command -v agentauth-askpass)" SSH_ASKPASS_REQUIRE=force ssh -i /home/dev/.ssh/closed \
		-o NumberOfPasswordPrompts=1 "builder-7@$HOST" id -un
	run dev "$@"
	told 'ssh asked for the passphrase of an SSH key. Use ssh-agent for it, or (-o PubkeyAuthentication=no)'
	# shellcheck disable=SC2086
	run dev "${@:1:4}" $order "${@:5}"
	expect_output '^builder-7$'
	expect_no_output 'passphrase'
	run dev sh -c 'eval "$(ssh-agent)" >/dev/null; printf "#!/bin/sh\necho secret\n" >give; chmod 700 give
		SSH_ASKPASS=./give SSH_ASKPASS_REQUIRE=force ssh-add -q .ssh/closed
		ssh -o BatchMode=yes builder-7@'"$HOST"' id -un; ssh-agent -k >/dev/null'
	expect_output '^builder-7$'
	rm /home/dev/.ssh/closed*
}

@test "programs that are missing: the package that is named has them" {
	local program
	for program in sudo:run ssh:ssh; do
		refused_and_told 'On Debian: apt-get install ([a-z0-9.-]+)' \
			dev env PATH=/nowhere /usr/bin/agentauth "${program#*:}" builder-7 -- id
		dpkg -S "$(readlink -f "$(command -v "${program%:*}")")" | grep -q "^$order:"
	done
	mkdir /home/dev/apart
	cp /usr/bin/agentauth /home/dev/apart/
	refused_and_told 'agentauth-askpass is not beside agentauth: install agentauth anew' dev /home/dev/apart/agentauth ssh "builder-7@$HOST" id
	make -C "$AGENTAUTH_BUILD/tools" install >/dev/null 2>&1
	logs_in
}

@test "asked for by a program that is not ssh, or by an old one" {
	refused_and_told 'the prompt is the one argument; ssh gives it when (SSH_ASKPASS) names (agentauth-askpass)' dev agentauth askpass
	run dev env "$order=$(command -v "${BASH_REMATCH[2]}")" SSH_ASKPASS_REQUIRE=force \
		ssh -o PreferredAuthentications=keyboard-interactive "builder-7@$HOST" id -un
	expect_output '^builder-7$'
	refused_and_told '(--host) and (--prompt) are both needed' dev agentauth answer
	dev_again agentauth answer "${BASH_REMATCH[1]}" "$HOST" "${BASH_REMATCH[2]}" \
		"Agent credential for builder-7 at ssh://$HOST [agentauth/1 part 1 nonce AAAAAAAAAAAAAAAAAAAAAA]: "
}

@test "a host that calls itself otherwise, a login that is refused, and one where nobody asked" {
	profiles "$(profile web "\"$HOST\"" '"ssh://otherwise"')"
	not_in_and_told "If its administrator says that this is the host's audience \\(host.audience in agentauth.conf\\), write into the profile: (audiences = \\[ \"[^\"]+\" \\];)"
	grep -qF "$order" /etc/agentauth/agentauth.conf || grep -qF "${order#*= }" <(sed 's/audience/audiences/' /etc/agentauth/agentauth.conf)
	sed -i "s|audiences = \[ \"ssh://otherwise\" \];|$order|" "$CONFIG"
	logs_in
	agentauthctl suspend builder-7 >/dev/null
	not_in_and_told 'Its administrator reads it on [a-z0-9.]+: (agentauthctl show builder-7)'
	obey
	told '(agentauthctl resume builder-7)'
	obey
	logs_in
	profiles "$(profile web "\"$HOST\"" "\"ssh://$HOST\"" | sed 's/builder-7"/newcomer"/')"
	refused_and_told 'Its administrator sees which: (agentauthctl show newcomer), (agentauthctl doctor)' dev agentauth ssh "newcomer@$HOST" id -un
	refused_and_told 'there is no agent "?newcomer' sh -c "${BASH_REMATCH[1]}"
	agentauthctl register newcomer --role logs --key "$KEYS/builder-7.pub" >/dev/null
	run dev agentauth ssh "newcomer@$HOST" id -un
	expect_output '^newcomer$'
	agentauthctl retire newcomer >/dev/null
}

# As sshd asks where nothing of ours comes before: everybody, for a password.
by_answer() { # AGENT
	run dev agentauth ssh -o PubkeyAuthentication=no "$1@$HOST" id -un
}
@test "a host that asks for a password: it does not know the agent, or does not ask agentauth" {
	local told='It has no agent of this name, or its sshd does not ask agentauth: there, (agentauthctl list) and (agentauthctl doctor) tell'
	printf 'KbdInteractiveAuthentication yes\n' >/etc/ssh/sshd_config.d/asks.conf
	reload_sshd
	profiles "$(profile web "\"$HOST\"" "\"ssh://$HOST\"" | sed 's/builder-7"/latecomer"/')"
	by_answer latecomer
	told "$told"
	obey
	expect_output '^builder-7 '
	expect_no_output '^latecomer '
	agentauthctl register latecomer --role logs --key "$KEYS/builder-7.pub" >/dev/null
	by_answer latecomer
	expect_output '^latecomer$'
	agentauthctl retire latecomer >/dev/null
	one_profile
	cp -a /etc/pam.d/sshd kept-stack
	stock_stack sshd
	by_answer builder-7
	told "$told"
	run sh -c "${BASH_REMATCH[2]}"
	expect_output '^PROBLEM  pam '
	done_to_the_letter
	by_answer builder-7
	expect_output '^builder-7$'
	cp -a kept-stack /etc/pam.d/sshd
	rm /etc/ssh/sshd_config.d/asks.conf
	reload_sshd
}

# Of a version whose prompts end in agentauth/0: it is the same but for this.
another_version() { # FOLDER
	install -d "$1"
	sed 's:\[agentauth/1 part :[agentauth/0 part :' "$(command -v agentauth)" >"$1/agentauth"
	printf '#!/bin/sh\nexec "%s/agentauth" askpass "$@"\n' "$1" >"$1/askpass"
	chmod 755 "$1"/*
	! cmp -s "$(command -v agentauth)" "$1/agentauth"
}
@test "a host whose prompt is of another version" {
	another_version /home/dev/another
	set -- env SSH_ASKPASS=/home/dev/another/askpass SSH_ASKPASS_REQUIRE=force \
		ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 "builder-7@$HOST" id -un
	run dev "$@"
	[ "$status" -ne 0 ]
	told 'in a way that agentauth [0-9.a-z-]+ does not understand: ".*". Install here the version that the host has'
	cp "$(command -v agentauth)" another/agentauth
	run dev "$@"
	expect_output '^builder-7$'
	rm -r another
}

@test "files and folders that are another's, or cannot be made, and keys that are named in another way" {
	refused_and_told 'is a file: name it by its path alone' dev agentauth assert --agent builder-7 --audience x --key "file:$KEY"
	dev_again agentauth assert --agent builder-7 --audience x --key "$KEY"
	chown root "$KEY"
	refused_and_told "who cannot read it. As root: (chown [0-9]+ '[^']+')" dev agentauth assert --agent builder-7 --audience x --key "$KEY"
	obey
	dev_again agentauth assert --agent builder-7 --audience x --key "$KEY"
	refused_and_told 'name a place that you can write to: (--out) for a key, --config for profiles' dev env HOME=/nowhere agentauth keygen
	dev_again env HOME=/nowhere agentauth keygen "$order" "$KEYS/placed.pem"
	refused_and_told 'has a profile web already; (--name) gives this one another name' \
		dev agentauth profile add other@elsewhere.example.com --name web --key "$KEY"
	dev_again agentauth profile add other@elsewhere.example.com "$order" other --key "$KEY"
	refused_and_told '(--key) takes a file that holds a public key, or in quotes the line itself that agentauth keygen printed' \
		agentauthctl register by-line --key 'no such file'
	dev agentauth keygen --out "$KEYS/line.pem" >line.pub 2>line.told
	run agentauthctl register by-line "$order" "$(sed -n "s/.*--key '\(.*\)'.*/\1/p" line.told)"
	expect_status 0
	agentauthctl retire by-line >/dev/null
}

@test "a name of a variable that is no more, an option in ssh's place, and the public half in the place of the key" {
	refused_and_told '([A-Z_]+) does; or unset it' dev env AGENTAUTH_SCOPE=logs agentauth ssh "builder-7@$HOST" id -Gn
	run dev env "$order=logs" agentauth ssh "builder-7@$HOST" id -Gn
	expect_output 'agent-logs'
	expect_no_output 'agent-deploy'
	logs_in
	refused_and_told "--profile must stand before all that is ssh's: (agentauth ssh --profile) VALUE HOST" \
		dev agentauth ssh -p 22 --profile web "builder-7@$HOST" id -un
	run dev sh -c "$order web -p 22 builder-7@$HOST id -un"
	expect_output '^builder-7$'
	install -m 0600 -o dev "$KEYS/builder-7.pub" "$KEYS/half.pem"
	refused_and_told 'holds a public key; signing needs the private one, which agentauth keygen wrote' \
		dev agentauth assert --agent builder-7 --audience x --key "$KEYS/half.pem"
	dev_again agentauth assert --agent builder-7 --audience x --key "$KEY"
}

# ---- usage --------------------------------------------------------------------------------------------------------------------

@test "assert, keygen, verify and run say which option is missing, or wrong" {
	refused_and_told '(--agent) is missing: whose assertion is it' dev agentauth assert --key "$KEY" --audience x
	dev_again agentauth assert --key "$KEY" --audience x "$order" builder-7
	refused_and_told '(--audience) is missing: whom is it for\? For a host it is (ssh://)HOST' dev agentauth assert --key "$KEY" --agent builder-7
	dev_again agentauth assert --key "$KEY" --agent builder-7 "$order" "${BASH_REMATCH[2]}$HOST"
	refused_and_told '--ttl is a number of seconds from (1) to' dev agentauth assert --key "$KEY" --agent builder-7 --audience x --ttl 0
	dev_again agentauth assert --key "$KEY" --agent builder-7 --audience x --ttl "$order"
	refused_and_told '--passphrase-file and --passphrase-env: one of them is enough' \
		dev agentauth assert --agent builder-7 --audience x --key "$KEY" --passphrase-file a --passphrase-env b
	refused_and_told 'no agent.s name: lower-case letters, digits and hyphens' dev agentauth assert --key "$KEY" --agent Builder_7 --audience x
	refused_and_told '--bits is a number from ([0-9]+) to' dev agentauth keygen --alg RS256 --bits 4
	dev_again agentauth keygen --alg RS256 --bits "$order" --out "$KEYS/rsa-1.pem"
	refused_and_told '--bits goes with RSA: (--alg RS256) or PS256' dev agentauth keygen --bits 2048 --out "$KEYS/rsa-2.pem"
	# shellcheck disable=SC2086
	dev_again agentauth keygen --bits 2048 $order --out "$KEYS/rsa-2.pem"
	refused_and_told '--alg does not go with --import' dev agentauth keygen --alg ES256 --import x
	refused_and_told '(--key) is missing: which key should have signed the token' dev agentauth verify
	dev agentauth assert --key "$KEY" --agent builder-7 --audience x >own.jwt
	echo "$(<own.jwt)" >with-newline.jwt
	run sh -c "agentauth verify $order $KEYS/builder-7.pub <with-newline.jwt"
	told "pass the token's own bytes, for example with printf %s or (tr -d '..')"
	run sh -c "$order <with-newline.jwt | agentauth verify --key $KEYS/builder-7.pub"
	expect_status 0
	refused_and_told '(agentauth run) NAME -- COMMAND' dev agentauth run
	refused_and_told '-- must stand between the agent and the command: (agentauth run builder-7 -- COMMAND)' dev agentauth run builder-7 id
	run as_alice sh -c "${order/COMMAND/id -un}"
	expect_output '^builder-7$'
	for order in assert token verify; do
		refused_and_told '(agentauth [a-z]+ --help)' dev agentauth "$order" --frobnicate
		dev_obeys
	done
	refused_and_told 'Try: (agentauth run --help)' dev agentauth run
	dev_obeys
}

@test "token says which profile, and which host" {
	refused_and_told '--profile is missing: .* has 0 profiles with an issuer or a token' dev agentauth token
	refused_and_told 'the profile web has no issuer: it answers with assertions, which (agentauth assert) makes' dev agentauth token --profile web
	dev_obeys 'agentauth assert' "agentauth assert --key $KEY --agent builder-7 --audience x"
	refused_and_told '--no-browser goes with (--login)' dev agentauth token --no-browser
	echo ready >token.jwt
	chown dev: token.jwt
	chmod 600 token.jwt
	profiles "$(profile web "\"$HOST\"" "\"ssh://$HOST\"") a = { hosts = [ \"a.example.com\" ]; audiences = [ \"x\" ];
		agent = \"builder-7\"; token = { file = \"/home/dev/token.jwt\"; }; };
		b = { hosts = [ \"b.example.com\" ]; audiences = [ \"x\" ]; agent = \"builder-7\"; token = { file = \"/home/dev/token.jwt\"; }; };"
	refused_and_told '(--profile) is missing: .* has 2 profiles with an issuer or a token' dev agentauth token
	run dev agentauth token "$order" a
	expect_no_output 'profile is missing'
}
