#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# What an operator takes back: a retired agent comes back with its name and uid, and its keys with it. What is printed is held to
# the letter, and each sentence is done as it stands there.

load support
load agents
load sessions
load golden

setup_file() {
	host_init
	agentauthctl role add short --service sshd >/dev/null
	new_agent builder-7 ES256 --role deploy --owner alice@example.com
	new_agent keeper ES256 --role logs
}
setup() {
	log_mark
	audit_mark
}

new_key() { # NAME
	dev agentauth keygen --alg ES256 --out "$KEYS/$1.pem" >"$KEYS/$1.pub" 2>/dev/null
}
signs_in() { # AGENT KEY [OPTION OF FORGE]...
	local token
	token=$(mktemp "$KEYS/token.XXXXXX")
	"$HERE/forge" --agent "$1" --key "$KEYS/$2.pem" "${@:3}" >"$token"
	chown dev: "$token"
	run ssh_with "$token" "$1@$HOST" id -un
}
retired_days_ago() { # AGENT DAYS
	sed -i -E "s/^(retire agent $1 [0-9]+) .*/\1 $(date -u -d "$2 days ago" +%FT%TZ)/" "$STATE/ids"
}
text_of() { # AGENT
	sha256sum <"/etc/agentauth/agents.d/$1.conf"
}

@test "a retired agent comes back with its name, its uid, its keys and its files" {
	local uid text
	signs_in builder-7 builder-7
	expect_status 0
	by_key builder-7 'echo mine >kept'
	uid=$(id -u builder-7) text=$(text_of builder-7)
	turn retire agentauthctl retire builder-7
	[ "$(stat -c '%U %a' /etc/agentauth/agents.d/builder-7.conf.retired)" = 'root 600' ]
	signs_in builder-7 builder-7
	expect_status 255
	turn show-retired agentauthctl show builder-7
	turn set-retired agentauthctl set builder-7 --owner bob
	turn register-retired agentauthctl register builder-7
	turn list agentauthctl restore --list
	turn restore-dry-run agentauthctl restore builder-7 --dry-run
	turn restore-near agentauthctl restore bilder-7
	turn restore agentauthctl restore builder-7
	[ "$(id -u builder-7)" -eq "$uid" ]
	[ "$(text_of builder-7)" = "$text" ]
	[ ! -e /etc/agentauth/agents.d/builder-7.conf.retired ]
	[ "$(stat -c %a /etc/agentauth/agents.d/builder-7.conf)" = 640 ]
	expect_audit '.event == "admin" and .agent == "builder-7" and .command == "restore builder-7" and .result == "ok"'
	signs_in builder-7 builder-7
	expect_status 0
	run by_key builder-7 cat kept
	expect_output '^mine$'
	run agentauthctl apply
	expect_output 'Nothing has changed'
	turn restore-again agentauthctl restore builder-7
	turn list-none agentauthctl restore --list
	# It can be retired, and come back, as often as one likes.
	agentauthctl retire builder-7 >/dev/null
	agentauthctl restore builder-7 >/dev/null
	[ "$(id -u builder-7)" -eq "$uid" ]
	turn restore-nobody agentauthctl restore
}

@test "after thirty days a retired agent does not come back" {
	new_agent late ES256 --role logs
	agentauthctl retire late >/dev/null
	retired_days_ago late 29
	run agentauthctl restore late --dry-run
	expect_status 0
	retired_days_ago late 31
	turn too-late agentauthctl restore late
	turn show-too-late agentauthctl show late
	run agentauthctl restore --list
	expect_no_output late
	run agentauthctl --complete restore la
	[ -z "$output" ]
	[ "$(agentauthctl show late --json | jq -r .agent.state)" = retired ]
}

@test "a role that is gone meanwhile is named, and what is said brings the agent back without" {
	new_agent roles-1 ES256 --role logs --role short
	agentauthctl retire roles-1 >/dev/null
	agentauthctl role remove short >/dev/null
	turn role-gone agentauthctl restore roles-1
	[ ! -e /etc/agentauth/agents.d/roles-1.conf ]
	cured_by root 'agentauthctl restore roles-1 --no-role short'
	[ "$(agentauthctl show roles-1 --json | jq -c .agent.roles)" = '["logs"]' ]
	signs_in roles-1 roles-1
	expect_status 0
}

@test "an issuer that is gone meanwhile is named in the same way" {
	agentauthctl issuer add corp --issuer https://idp.example.com --jwks-uri https://idp.example.com/keys --client-claim azp >/dev/null
	new_agent bound ES256 --role logs --bind corp:bound
	agentauthctl retire bound >/dev/null
	agentauthctl issuer remove corp >/dev/null
	turn issuer-gone agentauthctl restore bound
	cured_by root 'agentauthctl restore bound --no-bind corp:bound'
	signs_in bound bound
	expect_status 0
}

@test "an agent whose file was taken away by hand comes back once the file is back" {
	local file=/etc/agentauth/agents.d/by-hand.conf
	new_agent by-hand ES256 --role logs
	cp "$file" "$BATS_TEST_TMPDIR/kept"
	rm "$file"
	run agentauthctl restore by-hand
	expect_status 1
	expect_output 'agentauthctl apply --yes retires it, or put its file back'
	agentauthctl apply --yes >/dev/null
	turn not-kept agentauthctl restore by-hand
	run agentauthctl restore --list
	expect_output '^by-hand .* put it back first$'
	cp "$BATS_TEST_TMPDIR/kept" "$file"
	run agentauthctl apply
	expect_status 1
	cured_by root 'agentauthctl restore by-hand'
	signs_in by-hand by-hand
	expect_status 0
}

@test "a colleague's unfinished edit is not published by the way" {
	agentauthctl retire builder-7 >/dev/null
	cp /etc/agentauth/agents.d/keeper.conf /run/keeper.conf
	echo 'description = "half";' >>/etc/agentauth/agents.d/keeper.conf
	run agentauthctl restore builder-7
	expect_status 1
	expect_output 'the text holds something else that is not published'
	[ -e /etc/agentauth/agents.d/builder-7.conf.retired ]
	[ ! -e /etc/agentauth/agents.d/builder-7.conf ]
	cp /run/keeper.conf /etc/agentauth/agents.d/keeper.conf
	agentauthctl restore builder-7 >/dev/null
	signs_in builder-7 builder-7
	expect_status 0
}

@test "what was suspended, revoked or ended meanwhile stays so, and is said" {
	new_agent stays ES256 --role logs --expires 2h --key-expires 1h
	new_key stays-2
	agentauthctl suspend stays --why 'odd commands' >/dev/null
	agentauthctl revoke --agent stays --before now >/dev/null
	agentauthctl retire stays >/dev/null
	sed -i -E 's/(expires|not_after) = "[^"]*"/\1 = "2026-01-01T00:00:00Z"/' /etc/agentauth/agents.d/stays.conf.retired
	turn holds-on agentauthctl restore stays
	cured_by root 'agentauthctl resume stays'
	cured_by root 'agentauthctl revoke --undo --agent stays'
	agentauthctl retire stays >/dev/null
	turn expired agentauthctl restore stays
	cured_by root 'agentauthctl set stays --expires TIME' 's/TIME/never/'
	agentauthctl retire stays >/dev/null
	turn no-key agentauthctl restore stays
	cured_by root 'agentauthctl set stays --key FILE' "s#FILE#$KEYS/stays-2.pub#"
	signs_in stays stays-2
	expect_status 0
}

@test "the shell completes those that can come back" {
	agentauthctl retire keeper >/dev/null
	run agentauthctl --complete restore kee
	expect_output '^keeper'
	run agentauthctl --complete restore buil
	[ -z "$output" ]
	agentauthctl restore keeper >/dev/null
	run agentauthctl --complete restore kee
	[ -z "$output" ]
}

@test "restore for programs" {
	agentauthctl retire keeper >/dev/null
	run --separate-stderr agentauthctl restore --list --json
	[ "$(jq -c '[.agents[] | select(.name == "keeper") | [.text_kept, (.until > .retired)]]' <<<"$output")" = '[[true,true]]' ]
	run --separate-stderr agentauthctl show keeper --json
	[ "$(jq -r '.agent | [.state, (.restorable_until > .retired)] | join(" ")' <<<"$output")" = 'retired true' ]
	run --separate-stderr agentauthctl restore keeper --json
	expect_status 0
	[ "$(jq -r '[.agent, .state, .outcome] | join(" ")' <<<"$output")" = 'keeper active published' ]
}

@test "a revoked key shows as revoked, with by whom, since when and why, until that is taken back" {
	new_agent revoked-1 ES256 --role logs --kid laptop
	new_key spare
	agentauthctl set revoked-1 --key "$KEYS/spare.pub" --kid spare >/dev/null
	turn revoke-dry-run agentauthctl revoke --kid laptop --dry-run
	turn revoke agentauthctl revoke --kid laptop --why 'the laptop is gone'
	turn show-revoked agentauthctl show revoked-1
	turn list-revoked agentauthctl list --role logs
	signs_in revoked-1 revoked-1 --header 'kid="laptop"'
	expect_status 255
	run --separate-stderr agentauthctl show revoked-1 --json
	[ "$(jq -c '.agent.keys | map([.kid, .revoked.by, .revoked.why])' <<<"$output")" = '[["laptop","root","the laptop is gone"],["spare",null,null]]' ]
	# Without a key that is good nothing lets the agent in.
	agentauthctl revoke --kid spare >/dev/null
	[ "$(agentauthctl list --state no-credential --json | jq -c '.agents | map([.name, .keys, .keys_revoked])')" = '[["revoked-1",0,2]]' ]
	agentauthctl retire revoked-1 >/dev/null
	turn restore-revoked agentauthctl restore revoked-1
	cured_by root 'agentauthctl revoke --list'
	run agentauthctl revoke --list
	expect_output '^--kid laptop +20[0-9TZ:-]+ +root +the laptop is gone$'
	turn revoke-undo agentauthctl revoke --undo --kid laptop
	signs_in revoked-1 revoked-1 --header 'kid="laptop"'
	expect_status 0
	agentauthctl revoke --undo --kid spare >/dev/null
}

@test "what revoke says takes it back does" {
	new_agent way-back ES256 --role logs --kid way-back
	turn revoke-kid agentauthctl revoke --kid way-back
	cured_by root 'agentauthctl revoke --undo --kid way-back'
	turn revoke-agent agentauthctl revoke --agent way-back --before now
	cured_by root 'agentauthctl revoke --undo --agent way-back'
	turn revoke-jti agentauthctl revoke --jti 'it is "odd"' --issuer ''
	cured_by root "agentauthctl revoke --undo --jti .*''"
	run agentauthctl revoke --list
	expect_output '^Nothing is revoked\.$'
}

@test "a kid that nobody has is refused with the one that is near, and revoked where that is meant" {
	local kid
	new_agent near-1 ES256 --role logs --kid desktop
	new_agent near-2 ES256 --role logs --kid desktop
	turn kid-near agentauthctl revoke --kid dekstop
	turn kid-nobody agentauthctl revoke --kid of-nobody-at-all
	kid=$(agentauthctl show keeper --json | jq -r '.agent.keys[0].kid')
	run agentauthctl revoke --kid "${kid:0:8}"
	expect_status 1
	expect_output "did you mean $kid"
	run agentauthctl revoke --kid "${kid:0:20}x${kid:21}"
	expect_output "did you mean $kid"
	run agentauthctl revoke --list
	expect_output '^Nothing is revoked\.$'
	turn kid-of-two agentauthctl revoke --kid desktop
	agentauthctl revoke --undo --kid desktop >/dev/null
	turn kid-anyway agentauthctl revoke --kid of-nobody-at-all --anyway
	agentauthctl revoke --undo --kid of-nobody-at-all >/dev/null
}

@test "an issuer's key is known by its kid, and where not all can be read nobody is held up" {
	agentauthctl issuer add corp --issuer https://idp.example.com --jwks-file /run/corp.jwks --client-claim azp >/dev/null
	run agentauthctl revoke --kid corp-1
	expect_status 0
	expect_output 'it is not known whose key "corp-1" is'
	agentauthctl revoke --undo --kid corp-1 >/dev/null
	new_key corp
	"$HERE/jwks" "corp-1:$KEYS/corp.pem" >/run/corp.jwks
	run agentauthctl revoke --kid corp-2
	expect_status 1
	expect_output 'did you mean corp-1'
	run agentauthctl revoke --kid corp-1
	expect_output '^The key "corp-1" of issuer corp is refused'
	agentauthctl revoke --undo --kid corp-1 >/dev/null
	agentauthctl issuer remove corp >/dev/null
}

kids_of() { # AGENT: its keys that have no end
	agentauthctl show "$1" --json | jq -r '[.agent.keys[] | select(.not_after == null) | .kid] | join(" ")'
}

@test "a rotation is undone in the grace period: the old key has no end again, and the new one is refused" {
	local text
	new_agent spinner ES256 --role logs --kid first
	new_key spinner-2
	text=$(text_of spinner)
	turn rotate agentauthctl rotate spinner --key "$KEYS/spinner-2.pub" --kid second
	[ "$(stat -c '%U %a' "$STATE/rotated" "$STATE/rotated/spinner" | xargs)" = 'root 700 root 600' ]
	signs_in spinner spinner-2 --header 'kid="second"'
	expect_status 0
	turn rotate-undo-dry-run agentauthctl rotate spinner --undo --dry-run
	signs_in spinner spinner-2 --header 'kid="second"'
	expect_status 0
	turn rotate-undo agentauthctl rotate spinner --undo
	expect_audit '.event == "admin" and .agent == "spinner" and .command == "rotate spinner --undo" and .result == "ok"'
	[ "$(text_of spinner)" = "$text" ]
	signs_in spinner spinner --header 'kid="first"'
	expect_status 0
	signs_in spinner spinner-2 --header 'kid="second"'
	expect_status 255
	turn rotate-undo-again agentauthctl rotate spinner --undo
	turn rotate-undo-usage agentauthctl rotate spinner --undo --key "$KEYS/spinner-2.pub"
}

@test "after the grace period too, with what was changed since, and where the old key has left the text" {
	local registered
	new_agent later ES256 --role logs --kid first
	registered=$(agentauthctl show later --json | jq -r '.agent.keys[0].registered')
	for key in later-2 later-3 later-4; do new_key $key; done
	agentauthctl rotate later --key "$KEYS/later-2.pub" --kid second --grace 0 >/dev/null
	signs_in later later --header 'kid="first"'
	expect_status 255
	sleep 1
	agentauthctl set later --owner carol --key "$KEYS/later-3.pub" --kid third >/dev/null
	[ "$(agentauthctl show later --json | jq -r '[.agent.keys[].kid] | join(" ")')" = 'second third' ]
	run agentauthctl rotate later --undo --json
	expect_status 0
	[ "$(kids_of later)" = 'third first' ]
	[ "$(agentauthctl show later --json | jq -r '.agent | [.owner, (.keys[] | select(.kid == "first") | .registered)] | join(" ")')" = "carol $registered" ]
	signs_in later later --header 'kid="first"'
	expect_status 0
	signs_in later later-2 --header 'kid="second"'
	expect_status 255
	signs_in later later-3 --header 'kid="third"'
	expect_status 0
	# Of two rotations the last is undone, with the end that the one before gave.
	agentauthctl rotate later --key "$KEYS/later-2.pub" --kid second --grace 1h >/dev/null
	agentauthctl rotate later --key "$KEYS/later-4.pub" --kid fourth --grace 0 >/dev/null
	agentauthctl rotate later --undo >/dev/null
	[ "$(kids_of later)" = second ]
	signs_in later later --header 'kid="first"'
	expect_status 0
}

@test "a rotation whose old keys have ended by themselves is not undone, and one whose new key is gone is" {
	new_agent ended ES256 --role logs --kid first --key-expires "$(date -u -d '+2 seconds' +%FT%TZ)"
	for key in ended-2 ended-3; do new_key $key; done
	agentauthctl rotate ended --key "$KEYS/ended-2.pub" --kid second >/dev/null
	sleep 3
	turn rotate-undo-ended agentauthctl rotate ended --undo
	cured_by root 'agentauthctl rotate ended --key FILE' "s#FILE#$KEYS/ended-3.pub --kid third#"
	agentauthctl set ended --no-key third >/dev/null
	turn rotate-undo-gone agentauthctl rotate ended --undo
	[ "$(kids_of ended)" = second ]
}

@test "what a rotation is undone to stays revoked, and a colleague's edit is not published by the way" {
	new_agent holder ES256 --role logs --kid holder-1
	new_key holder-2
	agentauthctl rotate holder --key "$KEYS/holder-2.pub" --kid holder-2 >/dev/null
	agentauthctl revoke --kid holder-1 >/dev/null
	cp /etc/agentauth/agents.d/keeper.conf /run/keeper.conf
	echo 'description = "half";' >>/etc/agentauth/agents.d/keeper.conf
	run agentauthctl rotate holder --undo
	expect_status 1
	expect_output 'the text holds something else that is not published'
	cp /run/keeper.conf /etc/agentauth/agents.d/keeper.conf
	turn rotate-undo-revoked agentauthctl rotate holder --undo
	cured_by root 'agentauthctl revoke --list'
	agentauthctl revoke --undo --kid holder-1 >/dev/null
	signs_in holder holder --header 'kid="holder-1"'
	expect_status 0
}

@test "what a setting loses is given back by what the command says" {
	local before
	new_agent loser ES256 --role logs --role deploy --source 127.0.0.0/8 --source 10.0.0.0/8
	before=$(agentauthctl show loser --json | jq -S '.agent | [.roles, .sources | sort]')
	turn set-lost agentauthctl set loser --no-role logs --no-source 10.0.0.0/8
	cured_by root 'agentauthctl set loser --role logs --source 10.0.0.0/8'
	[ "$(agentauthctl show loser --json | jq -S '.agent | [.roles, .sources | sort]')" = "$before" ]
	agentauthctl role add gone --service sshd --sudo '(root) /usr/bin/id -u' >/dev/null
	turn role-lost agentauthctl role set gone --no-sudo '(root) /usr/bin/id -u'
	cured_by root 'agentauthctl role set gone --sudo .*-u.'
	[ "$(agentauthctl role show gone --json | jq -c '.role.sudo // .sudo')" = '["(root) /usr/bin/id -u"]' ]
	turn role-removed agentauthctl role remove gone
	cured_by root 'agentauthctl role add' 's/$/ gone-2 --service sshd/'
	agentauthctl issuer add corp --issuer https://idp.example.com --jwks-uri https://idp.example.com/keys --client-claim azp >/dev/null
	turn issuer-removed agentauthctl issuer remove corp
	cured_by root 'agentauthctl issuer add corp --issuer URL' 's#URL#https://idp.example.com --jwks-uri https://idp.example.com/keys --client-claim azp#'
	agentauthctl issuer remove corp >/dev/null
}

@test "an agent that apply retired comes back by what apply says" {
	new_agent by-apply ES256 --role logs
	mv /etc/agentauth/agents.d/by-apply.conf /run/by-apply.conf
	run agentauthctl apply --yes
	expect_output '^For 30 days, agentauthctl restore NAME brings a retired agent back, once its file is back\.$'
	mv /run/by-apply.conf /etc/agentauth/agents.d/by-apply.conf
	cured_by root 'agentauthctl restore NAME' 's/NAME/by-apply/'
	signs_in by-apply by-apply
	expect_status 0
}
