#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# What killed.bats does, of the commands that bring something back, bring many agents at once, or give for a time.

# shellcheck disable=SC2034  # killed.bash uses PREPARE
load support
load agents
load killed

retire_twin() {
	agentauthctl retire twin >/dev/null
}

@test "an agent that comes back is back, with its name and its text, or retired as before" {
	PREPARE=retire_twin
	everywhere agentauthctl restore twin
}

@test "of the agents of a table all are registered, or none" {
	printf 'name,owner,roles\nlist-1,alice,deploy\nlist-2,bob,logs\nlist-3,bob,logs\n' >/run/list.csv
	everywhere agentauthctl import /run/list.csv
}

rotate_first() {
	agentauthctl rotate builder-7 --key "$KEYS/second.pub" --grace 1h >/dev/null
}

@test "a rotation is taken back, or holds" {
	PREPARE=rotate_first
	everywhere agentauthctl rotate builder-7 --undo
}

elevate_first() {
	agentauthctl elevate other --role deploy --for 1h --why drill >/dev/null
}

@test "a role for a time is given, or taken back, or is as before" {
	everywhere agentauthctl elevate other --role deploy --for 1h --why drill
	PREPARE=elevate_first
	everywhere agentauthctl elevate other --role deploy --end
}
