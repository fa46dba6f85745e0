# SPDX-License-Identifier: Apache-2.0
# Asking explain, in a story that has loaded support.
# shellcheck shell=bash disable=SC2154

# All that there is below the three directories, with contents and times.
state() {
	find /run/agentauth /var/lib/agentauth /var/log/agentauth -printf '%p %y %m %u %s %T@ %C@ %l\n' | sort
	find /run/agentauth /var/lib/agentauth /var/log/agentauth -type f -exec sha256sum {} + | sort
}

# Runs explain, and holds the state to what it was.
ask() { # ARGUMENT OF EXPLAIN...
	local before
	before=$(state)
	run --separate-stderr agentauthctl explain --json "$@"
	[ "$before" = "$(state)" ] || { diff <(echo "$before") <(state) >&2; return 1; }
	expect_status 0
}
told() {
	jq -c '.explanation | .decision, .reason, (.steps[] | select(.result == "refuses" or .do))' <<<"$output" >&2
}
# explain's reason, and what it says is to be done.
foresees() { # REASON DO ARGUMENT OF EXPLAIN...
	local reason=$1 cure=$2
	shift 2
	ask "$@" || return 1
	[ "$(jq -r .explanation.reason <<<"$output")" = "$reason" ] || { told; return 1; }
	[ -z "$cure" ] || jq -r '.explanation.steps[].do // empty' <<<"$output" | grep -Eq -e "$cure" || { told; return 1; }
}
decides() { # DECISION ARGUMENT OF EXPLAIN...
	local decision=$1
	shift
	ask "$@" || return 1
	[ "$(jq -r .explanation.decision <<<"$output")" = "$decision" ] || { told; return 1; }
}

# A session that stays, with the story's sessions loaded, and its end.
begin() { # AGENT
	forget_file "$1" there
	stay "$1" 'touch there; sleep 60'
	wait_for_file "$1" there
}
end() { # AGENT
	agentauthctl session kill --agent "$1" >/dev/null
	wait "$client" || :
}
