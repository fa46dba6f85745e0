#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# systemd: a real systemd and logind hold limits and end sessions by themselves, and what an agent leaves with them gives
# no sudo.

load support
load agents
load sessions
load key_server

# What a session of brief may not have: 100 processes and 200 MB of memory. It says what it got.
greedy() {
	cat >/usr/local/bin/greedy <<-'END'
		#!/usr/bin/python3
		import os, signal
		children = []
		try:
		    while len(children) < 100:
		        child = os.fork()
		        if child == 0:
		            signal.pause()
		        children.append(child)
		except BlockingIOError:
		    pass
		print("processes:", len(children), flush=True)
		for child in children:
		    os.kill(child, signal.SIGKILL)
		print("bytes:", len(bytearray(200 << 20)))
	END
	chmod 755 /usr/local/bin/greedy
}

setup_file() {
	host_init
	greedy
	agentauthctl role add brief --service sshd --service sudo --max-session 15 --memory-max 64M --tasks-max 40 --cpu-weight 50 \
		--delegable --sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	agentauthctl role add manager --service sshd --service systemd-user >/dev/null
	new_agent builder-7 ES256 --role brief --local-user alice
	new_agent other ES256 --role deploy --role manager
	by_key builder-7 true
	by_key other true
}

setup() {
	touch /var/log/sshd.log /var/log/box.log
	log_mark
	audit_mark
	forget_file builder-7 up late
	forget_file other up late go
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent other >/dev/null 2>&1 || :
	stop_server
}

scope_of() { # AGENT
	loginctl list-sessions --no-legend | awk -v u="$1" '$3 == u { print "session-" $1 ".scope"; exit }'
}
expect_scope_of_brief() { # PROPERTIES, as systemctl shows them
	expect_output '^RuntimeMaxUSec=1[0-5](s|\.)'
	expect_output '^MemoryMax=67108864$'
	expect_output '^TasksMax=40$'
	expect_output '^CPUWeight=50$'
}

@test "pam_systemd gets the deadline and the limits, and systemd ends the session" {
	run systemctl show --value -p Version
	expect_output '^2[0-9][0-9]'
	stay builder-7 'touch up; exec sleep 600'
	wait_for_file builder-7 up
	run systemctl show "$(scope_of builder-7)" -p RuntimeMaxUSec -p MemoryMax -p TasksMax -p CPUWeight
	expect_scope_of_brief
	for _ in $(seq 300); do ! pgrep -u builder-7 -x sleep >/dev/null || sleep 0.1; done
	run pgrep -u builder-7 -x sleep
	[ "$status" -ne 0 ]
	# shellcheck disable=SC2154  # stay sets it
	wait "$client" || :
}

@test "a role's limits hold: no more memory and no more processes than it says" {
	run by_key builder-7 greedy
	expect_output '^processes: [1-3]?[0-9]$'
	expect_no_output '^bytes:'
	run by_key other greedy
	expect_status 0
	expect_output '^processes: 100$'
	expect_output '^bytes: 209715200$'
}

@test "nor by way of the user manager, where no limit would hold: it is refused where no role names it" {
	run by_key builder-7 'systemd-run -q --user --scope greedy || systemd-run -q --user --wait --pipe greedy; echo done'
	expect_output '^done$'
	expect_no_output '^processes|^bytes'
	wait_for_audit '.service == "systemd-user" and .agent == "builder-7" and .result == "denied" and .reason == "service_denied"'
	# The control: one without limits.
	run by_key other 'systemd-run -q --user --scope greedy'
	expect_output '^bytes: 209715200$'
}

# alice as she logs in: by SSH, with a session of systemd's.
alice() {
	dev ssh -o BatchMode=yes -i /home/dev/.ssh/id_alice "alice@$HOST" "$@"
}

@test "what a person starts has a session of its own, with the role's limits and deadline, and not the person's" {
	alice 'agentauth run builder-7 -- sh -c "cd; touch up; sleep 600"' >/dev/null 2>&1 3>&- &
	wait_for_file builder-7 up
	run systemctl show "$(scope_of builder-7)" -p RuntimeMaxUSec -p MemoryMax -p TasksMax -p CPUWeight
	expect_scope_of_brief
	agentauthctl session kill --agent builder-7
	expect_none_of builder-7
	run alice 'agentauth run builder-7 -- greedy; echo still $(id -un)'
	expect_output '^processes: [1-3]?[0-9]$'
	expect_no_output '^bytes:'
	expect_output '^still alice$'
}

@test "the user manager has the roles that admit it and no sudo, and a scope of the session has the session's" {
	run by_key other 'id; systemd-run -q --user --wait --pipe sh -c "echo in the manager; id; cat /proc/self/loginuid"
		systemd-run -q --user --wait --pipe sudo -n restart-app; systemd-run -q --user --scope sudo -n restart-app'
	expect_status 0
	expect_output 'in the manager$'
	[ "$(grep -c 'agent-manager' <<<"$output")" -eq 2 ]
	[ "$(grep -c 'agent-deploy' <<<"$output")" -eq 1 ]
	[ "$(grep -c '^restarted' <<<"$output")" -eq 1 ]
	expect_audit '.event == "session-open" and .service == "systemd-user" and .agent == "other" and .kind == "entry" and .roles == ["manager"]'
	expect_audit '.service == "sudo" and .agent == "other" and .result == "denied" and .reason == "no_session"'
	expect_audit '.service == "sudo" and .agent == "other" and .result == "ok" and .kind == "publickey"'
}

@test "a service that lingers has no sudo once its login is over, and not while it is open" {
	loginctl enable-linger other
	run by_key other "systemd-run -q --user sh -c 'cd; sudo -n restart-app >early 2>&1; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; echo done >>late'
		until grep -q . early; do sleep 0.05; done; sudo -n restart-app"
	expect_status 0
	expect_output '^restarted'
	wait_for_audit '.event == "session-close" and .agent == "other" and .service == "sshd"'
	touch_home other go
	wait_until grep -q '^done' /home/agents/other/late
	loginctl disable-linger other
	run cat /home/agents/other/{early,late}
	expect_no_output '^restarted'
	[ "$(audit_since_mark | jq -c 'select(.service == "sudo" and .reason == "no_session")' | wc -l)" -eq 2 ]
}

@test "suspend --kill stops the user's manager and its linger too" {
	stay other 'touch up; sleep 600'
	wait_for_file other up
	loginctl enable-linger other
	agentauthctl suspend other --kill
	wait_until none_of other
	[ ! -e /var/lib/systemd/linger/other ]
	run systemctl is-active "user@$(id -u other).service"
	expect_no_output '^active$'
	run systemctl start "user@$(id -u other).service"
	expect_none_of other
	agentauthctl resume other
}

@test "the shipped timer reaps" {
	stay other 'touch up; sleep 600'
	wait_for_file other up
	file=/run/agentauth/sessions/$(agentauthctl --json session list | jq -r '.sessions[] | select(.service == "sshd") | .id').json
	jq -c '.deadline = 1' "$file" >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
	systemctl start agentauth-reap.timer
	run systemctl is-active agentauth-reap.timer
	expect_output '^active$'
	systemctl start agentauth-reap.service
	[ "$(pgrep -c -u other -x sleep)" -eq 0 ]
	expect_audit '.event == "session-close" and .agent == "other" and .reason == "session_expired"'
}

@test "a login that lacks a key has the shipped units fetch it" {
	corp_init
	agentauthctl issuer refresh corp
	rm -f /run/agentauth/refreshed
	systemctl start agentauth-refresh.path
	run ssh_with "$(access_token k1)" "tokener@$HOST" id -un
	expect_status 0
	serve_keys "k2:$SERVER/k2.pem"
	run ssh_with "$(access_token k2)" "tokener@$HOST" id -un
	expect_status 255
	wait_until grep -q k2 "$KEYSET"
	run ssh_with "$(access_token k2)" "tokener@$HOST" id -un
	systemctl stop agentauth-refresh.path
	expect_status 0
	expect_output '^tokener$'
	run systemctl is-failed agentauth-refresh.service
	expect_no_output '^failed$'
}
