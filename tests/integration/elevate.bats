#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# agentauthctl elevate: a role for a time, for logins from then on, which ends by itself, survives what is published, and
# gives nothing where its file is not to be believed.

load support
load agents
load sessions

setup_file() {
	host_init
	new_agent builder-7 ES256 --role logs
	new_agent other ES256 --role logs
	by_key builder-7 true
	by_key other true
}

setup() {
	log_mark
	audit_mark
	forget_file builder-7 up go late said
}

teardown() {
	agentauthctl elevate builder-7 --end >/dev/null 2>&1 || :
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
}

elevate() {
	agentauthctl elevate builder-7 --role deploy --for 1h --why 'release 4.2'
}

@test "a login from then on has the role and its sudo, one from before has neither, nor another agent" {
	stay builder-7 'touch up; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; sudo -n whoami >>late; touch said; sleep 60'
	wait_for_file builder-7 up
	run by_key builder-7 'id -Gn; sudo -n restart-app'
	expect_no_output 'agent-deploy|restarted'
	run elevate
	expect_status 0
	expect_output '^builder-7 has the role deploy until 20..-..-..T..:..:..Z, in logins from now on\.$'
	expect_audit '.event == "admin" and .agent == "builder-7" and .roles == ["deploy"] and .by == "root" and (.command | test("--why .release 4.2"))'
	run by_key builder-7 'id -Gn; sudo -n restart-app'
	expect_status 0
	expect_output '\bagent-deploy\b'
	expect_output '^restarted by root for builder-7$'
	run in_session 'sudo -n restart-app'
	expect_output '^restarted by root for builder-7$'
	run by_key other 'sudo -n restart-app'
	expect_no_output 'restarted'
	touch_home builder-7 go
	wait_for_file builder-7 said
	run cat /home/agents/builder-7/late
	expect_output '^root$'
	expect_no_output 'restarted'
}

@test "it is shown by show, list and explain, and ended by what elevate says" {
	elevate
	run agentauthctl show builder-7
	expect_output '^ *elevated +deploy until .*, by root: release 4\.2$'
	run agentauthctl list
	expect_output 'by elevation: deploy \(until 20'
	run agentauthctl elevate --list
	expect_output '^builder-7 +deploy +20.*Z +root +release 4\.2$'
	run agentauthctl explain builder-7 --service sshd
	expect_output 'the agent has deploy by elevation until .*, by root: release 4\.2$'
	expect_output 'deploy is a role of this login'
	[ "$(agentauthctl --json show builder-7 | jq -r '.agent.elevated[0] | .role, .by, .why, .state' | xargs)" = 'deploy root release 4.2 active' ]
	[ "$(agentauthctl --json list | jq -r '.agents[] | select(.name == "builder-7").elevated[0]' | cut -c1-14)" = 'deploy (until ' ]
	run elevate
	expect_output 'To end it before: agentauthctl elevate builder-7 --role deploy --end$'
	run agentauthctl elevate builder-7 --role deploy --end
	expect_status 0
	expect_output '^builder-7 no longer has the role deploy by elevation\.$'
	run agentauthctl elevate --list
	expect_output '^No agent has a role by elevation\.$'
	run agentauthctl elevate builder-7 --list
	expect_output '^builder-7 has no role by elevation\.$'
	run by_key builder-7 'sudo -n restart-app'
	expect_no_output 'restarted'
	run agentauthctl elevate builder-7 --end
	expect_status 1
	expect_output 'builder-7 has no role by elevation'
}

@test "ended before its time, a session that has the role gets no sudo, and is ended by what is said" {
	elevate
	stay builder-7 'sudo -n restart-app; touch up; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; sudo -n whoami >>late; touch said; sleep 60'
	wait_for_file builder-7 up
	run agentauthctl elevate builder-7 --end
	expect_output 'keeps its group until it ends: agentauthctl session kill --agent builder-7 ends it'
	touch_home builder-7 go
	wait_for_file builder-7 said
	run cat /home/agents/builder-7/late "$BATS_TEST_TMPDIR/stay.out"
	[ "$(grep -c '^restarted' <<<"$output")" = 1 ]
	expect_no_output '^root$'
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "role_denied"'
	run by_key builder-7 'sudo -n whoami'
	expect_output '^root$'
	agentauthctl session kill --agent builder-7
	none_of builder-7
}

@test "it ends by itself: no sudo in the session that has it, and its end is in the log" {
	agentauthctl elevate builder-7 --role deploy --for 6s --why 'a moment'
	stay builder-7 'sudo -n restart-app >said 2>&1; touch up; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; touch gone; sleep 60'
	forget_file builder-7 gone
	wait_for_file builder-7 up
	run cat /home/agents/builder-7/said
	expect_output '^restarted'
	[ "$(agentauthctl --json session list | jq -r '.sessions[] | select(.agent == "builder-7").deadline')" != null ]
	sleep 6
	touch_home builder-7 go
	wait_for_file builder-7 gone
	run cat /home/agents/builder-7/late
	expect_no_output 'restarted'
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "session_expired"'
	run by_key builder-7 'id -Gn; sudo -n whoami'
	expect_output '^root$'
	expect_no_output 'agent-deploy'
	[ "$(agentauthctl --json elevate --list | jq -r '.elevations[0].state')" = over ]
	agentauthctl session reap --grace 0
	expect_audit '.event == "admin" and .agent == "builder-7" and .roles == ["deploy"] and (.command | test("^elevation by root until .* is over$"))'
	[ "$(agentauthctl --json elevate --list | jq '.elevations | length')" = 0 ]
}

@test "it survives apply and rollback, and a role that goes takes nobody's login with it" {
	elevate
	agentauthctl set builder-7 --description 'once more'
	agentauthctl rollback
	agentauthctl apply --yes
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	agentauthctl role add passing --service sshd >/dev/null
	agentauthctl elevate builder-7 --role passing --for 1h --why x
	run by_key builder-7 'id -Gn'
	expect_output 'agent-passing'
	agentauthctl role remove passing
	run by_key builder-7 'id -Gn'
	expect_status 0
	expect_output 'agent-deploy'
	expect_no_output 'agent-passing'
	run agentauthctl explain builder-7 --service sshd
	expect_output 'an elevation to passing gives nothing'
	agentauthctl apply --yes >/dev/null
}

@test "a damaged or linked file gives nothing, which is said, and what is said removes it" {
	local file=$STATE/state/elevated/builder-7/deploy
	elevate
	[ "$(stat -c '%a %U' "$file" "$STATE/state/elevated" | xargs)" = '600 root 700 root' ]
	cp "$file" /run/good
	for damage in "echo { >$file" "ln -sf /run/good $file" "chmod 666 $file" "chown builder-7 $file"; do
		sh -c "$damage"
		run by_key builder-7 'sudo -n restart-app'
		expect_no_output 'restarted'
		rm "$file"
		cp /run/good "$file" # the control
		chmod 600 "$file"
		run by_key builder-7 'sudo -n restart-app'
		expect_output '^restarted'
	done
	echo '{' >"$file"
	run agentauthctl elevate --list
	expect_output "$file is damaged, and gives nothing; agentauthctl elevate builder-7 --role deploy --end removes it"
	run agentauthctl show builder-7
	expect_output '^ *elevated +deploy: damaged$'
	run agentauthctl elevate builder-7 --role deploy --end
	expect_status 0
	[ ! -e "$file" ]
}

@test "a clock that is set back does not bring it back" {
	local file=$STATE/state/elevated/builder-7/deploy
	elevate
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	# As if the hour had passed by the uptime, and the clock had been turned back meanwhile.
	jq -c '.uptime -= 3600' "$file" >/run/turned
	install -m 600 /run/turned "$file"
	run by_key builder-7 'sudo -n restart-app'
	expect_no_output 'restarted'
}

@test "cron and su have no role by elevation, and run what they ran before" {
	elevate
	run su -s /bin/bash builder-7 -c 'id -Gn'
	expect_status 0
	expect_no_output 'agent-deploy'
	run agentauthctl explain builder-7 --service cron
	expect_output 'deploy is had by elevation, which is not for what root starts'
}

@test "what is asked for wrongly is refused, and changes nothing" {
	run agentauthctl elevate builder-7 --role deploy --for 25h --why x
	expect_status 2
	expect_output 'ends within 24 hours from now: a role for longer is given by agentauthctl set NAME --role ROLE$'
	agentauthctl --dry-run set builder-7 --role deploy
	run agentauthctl elevate builder-7 --role deploy --for soon --why x
	expect_status 2
	expect_output '--for takes 30m, 2h'
	run agentauthctl elevate builder-7 --role deploy --for 1h
	expect_status 2
	expect_output 'needs --role ROLE, --for TIME and --why TEXT'
	run agentauthctl elevate builder-7 --role nothing --for 1h --why x
	expect_status 1
	expect_output 'there is no role "?nothing"? in what is published; agentauthctl role list shows'
	run agentauthctl elevate builder-7 --role logs --for 1h --why x
	expect_status 1
	expect_output 'builder-7 has the role logs by its record'
	run agentauthctl elevate nobody-1 --role deploy --for 1h --why x
	expect_status 1
	run agentauthctl --dry-run elevate builder-7 --role deploy --for 1h --why x
	expect_status 0
	expect_output '^builder-7 would have the role deploy until'
	run agentauthctl --json elevate --list
	[ "$(jq '.elevations | length' <<<"$output")" = 0 ]
	expect_no_audit '.event == "admin" and .roles == ["deploy"] and .result == "ok"'
}
