#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doc/coding-agents.md as it stands: alice and a coding agent, the real Codex from npm's registry, work in one checkout. Its model
# is a stand-in (tests/coding/model.mjs), which says what the agent is to run.

load support
load agents
load sessions
load pages
load project

MODEL=/run/model
# shellcheck disable=SC2034  # pages.bash reads it
FILL['sk-…']=sk-stand-in

setup_file() {
	local program=$AGENTAUTH_BUILD/coding/node_modules/codex
	[ -d "$program" ] || {
		echo "the coding agent is missing: tests/from-npm tests/coding BUILDDIR/coding fetches it, as quickstart does" >&2
		return 1
	}
	touch /usr/local/bin/codex
	mount --bind "$program"/vendor/*/codex/codex /usr/local/bin/codex
	agentauthctl init >/dev/null
	gpasswd --delete alice agentauth
	echo 'my own' >/home/alice/diary
	install -d -m 700 -o alice -g alice /home/alice/.ssh
	new_project
	install -d "$MODEL"
	echo sk-stand-in >"$MODEL/key"
	: >"$MODEL/log"
	node "$TOP/tests/coding/model.mjs" 8123 "$MODEL/key" "$MODEL/commands" "$MODEL/log" 3>&- &
	echo $! >"$MODEL/pid"
}
teardown_file() {
	kill "$(cat "$MODEL/pid")"
}
setup() {
	log_mark
	audit_mark
}

# What the model has the agent run, a command a turn.
model_says() { # COMMAND...
	printf '%s\n' "$@" >"$MODEL/commands"
	: >"$MODEL/log"
}
results() {
	jq -r 'select(.result) | .result' "$MODEL/log"
}

@test "the host is set up, a project is shared, a key is handed over" {
	walk doc/coding-agents.md 'The host, once'
	walk doc/coding-agents.md 'A project that both work on'
	walk doc/coding-agents.md 'Keys and proxies'
	[ "$(stat -c %a /home/alice/coder.env)" = 600 ]
	coder 'mkdir -p ~/.codex; cat >~/.codex/config.toml' <<-'END'
		model = "stand-in"
		model_provider = "stand-in"
		[model_providers.stand-in]
		name = "a stand-in"
		base_url = "http://127.0.0.1:8123/v1"
		wire_api = "responses"
		env_key = "MODEL_KEY"
	END
}

@test "Codex edits and commits in alice's checkout, and she in what it left; it tries to read her home, and finds the project alone" {
	model_says 'sed -i s/return/exit/ src/main.c && echo by codex >made.txt && git add . && git commit -qm "codex: exit"' \
		"cat /home/alice/diary ../diary; ls -A /home/alice; cat notes.txt" 'cat ~/.codex/config.toml >/dev/null && id -un'
	walk doc/coding-agents.md 'Start it'
	jq -e -s 'any(.[]; .key) and all(.[] | select(has("key")); .key)' "$MODEL/log"
	run results
	expect_output 'No such file or directory'
	expect_output '^app$'
	expect_output '^one$'
	expect_output '^coder$'
	expect_no_output 'my own'
	run alice sh -ec 'echo hers >>made.txt; echo more >>src/main.c; git commit -qam "alice: more"; git log --format=%an; git status --short; cat ~/diary'
	expect_status 0
	[ "$output" = $'alice\ncoder\nalice\nmy own' ]
	model_says 'echo again >>made.txt; git commit -qam "codex: again"'
	alice agentauth run --env-file /home/alice/coder.env coder -- codex exec --dangerously-bypass-approvals-and-sandbox 'Once more.' </dev/null
	[ "$(alice git log --format=%s | head -n 1)" = 'codex: again' ]
	expect_audit '.event == "session-open" and .agent == "coder" and .on_behalf_of == "alice" and .service == "agentauth-run"'
	run sh -c 'cat /var/log/box.log /var/log/agentauth/audit.jsonl'
	expect_no_output 'sk-stand-in'
}

@test "what it cannot reach, the clone that it works in, and what it did, as the page has it" {
	walk doc/coding-agents.md 'What it cannot reach'
	walk doc/coding-agents.md 'Tighter: it works in a clone'
	alice agentauth project share "$PROJECT" coder >/dev/null
	walk doc/coding-agents.md 'What it did'
	expect_output '^codex: again$'
}

@test "one command ends Codex in the midst of its work, with all that it has started" {
	model_says 'touch working; setsid sleep 617 & sleep 617'
	rm -f "$PROJECT/working"
	alice agentauth run --env-file /home/alice/coder.env coder -- codex exec --dangerously-bypass-approvals-and-sandbox 'Work.' >/dev/null 2>&1 3>&- </dev/null &
	wait_until test -e "$PROJECT/working"
	run processes_of coder
	expect_output 'codex exec'
	expect_output 'sleep 617'
	walk doc/coding-agents.md 'Cut it off'
	wait $! || :
	expect_none_of coder
	expect_audit '.event == "account" and .agent == "coder" and .result == "denied" and .reason == "agent_suspended"'
}

@test "what was shared is taken back, and what the agent made there is alice's" {
	walk doc/coding-agents.md 'Take it back'
	run find "$PROJECT" -user coder
	[ -z "$output" ]
	run coder "cat $PROJECT/notes.txt"
	expect_status 1
	run alice cat made.txt
	expect_status 0
}
