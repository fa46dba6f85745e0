#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# Every command that writes, killed before each system call that changes something: the next command finds it done or not
# begun. Text, registry, ids, sudo's rules and decisions agree, and nothing is left lying about.

# shellcheck disable=SC2034  # killed.bash uses NEXT, PREPARE and HALF
load support
load agents
load killed

@test "an agent that is registered, changed, given a key or retired is so, or as before" {
	everywhere agentauthctl register fresh --role deploy --key "$KEYS/second.pub"
	everywhere agentauthctl set builder-7 --description 'after the kill'
	everywhere agentauthctl rotate builder-7 --key "$KEYS/second.pub" --grace 1h
	everywhere agentauthctl retire twin
}

@test "a role or an issuer that is added, changed or removed is so with all that sudo grants, or as before" {
	everywhere agentauthctl role add ops --sudo '(root) /usr/bin/id ""'
	everywhere agentauthctl role set logs --sudo '(root) /usr/bin/id ""'
	everywhere agentauthctl role remove spare
	everywhere agentauthctl issuer add corp --provider okta --issuer https://dev-1.okta.com/oauth2/default --audience api://hosts
}

by_hand() {
	sed -i 's|^owner.*||; $a owner = "by-hand";' /etc/agentauth/agents.d/builder-7.conf
	rm /etc/agentauth/agents.d/twin.conf
}
one_more() {
	agentauthctl role set logs --sudo '(root) /usr/bin/id ""' >/dev/null
}

@test "what apply publishes and rollback brings back serves whole, or what was before does" {
	NEXT=(agentauthctl apply --yes)
	PREPARE=by_hand
	everywhere agentauthctl apply --yes
	PREPARE=one_more
	everywhere agentauthctl rollback --yes
}

suspend_two() {
	agentauthctl suspend other twin >/dev/null
	agentauthctl revoke --jti one >/dev/null
}

@test "a decision holds or does not, and of many agents the same command decides about the rest" {
	everywhere agentauthctl suspend other --why drill
	everywhere agentauthctl revoke --jti one
	everywhere agentauthctl revoke --kid one --anyway
	everywhere agentauthctl revoke --agent other --before 2026-01-01
	HALF=yes
	everywhere agentauthctl suspend --role logs
	PREPARE=suspend_two
	everywhere agentauthctl resume --role logs
	HALF=
	everywhere agentauthctl revoke --jti one --undo
}
