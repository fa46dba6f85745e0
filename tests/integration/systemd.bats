#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# systemd: a real systemd and logind hold limits and end sessions by themselves, and what an agent leaves with them gives
# no sudo.

# shellcheck disable=SC2034,SC2154  # the loaded files use the variables
load support
load advice
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

@test "a project that the person shares is there in such a session, and nothing else of the person's home" {
	run alice 'chmod 700 ~; echo own >diary; mkdir -p app; echo one >app/notes.txt; cd app; agentauth project share . builder-7
		agentauth run builder-7 -- sh -c "pwd; cat notes.txt; echo two >>notes.txt; cat ~alice/diary; cat /proc/self/cgroup"; cat notes.txt ~/diary'
	expect_status 0
	expect_output '^/home/alice/app$'
	expect_output 'diary: No such file'
	expect_output "user-$(id -u builder-7).slice/session-"
	expect_output '^two$'
	[ "$(grep -c '^own$' <<<"$output")" -eq 1 ]
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

@test "logind that does not answer: what ends the linger then is told, and ends it" {
	loginctl enable-linger other
	systemctl mask -q --runtime --now systemd-logind.service
	run agentauthctl suspend other --kill
	systemctl unmask -q --runtime systemd-logind.service
	systemctl start systemd-logind.service
	told "systemd did not end other's linger; see: (loginctl disable-linger other)"
	[ -e /var/lib/systemd/linger/other ]
	obey
	[ ! -e /var/lib/systemd/linger/other ]
	agentauthctl resume other
	people_have_ssh_and_sudo
}

# Units that an administrator has made for AGENT: a service that always comes back, one by uid, one that a timer starts,
# one that a path starts, an instance of a template; and the service of a person.
unit() { # NAME LINE...
	printf '%s\n' "${@:2}" >"/run/systemd/system/$1"
}
agents_units() { # AGENT
	local uid
	uid=$(id -u "$1")
	unit comes-back.service '[Service]' "User=$1" 'ExecStart=/bin/sleep 601' Restart=always RestartSec=0.2
	unit by-uid.service '[Service]' "User=$uid" 'ExecStart=/bin/sleep 602' Restart=always RestartSec=0.2
	unit templated@.service '[Service]' 'User=%i' 'ExecStart=/bin/sleep 603' Restart=always
	unit timed.service '[Service]' Type=oneshot "User=$1" 'ExecStart=/bin/touch /tmp/timed-was-here'
	unit timed.timer '[Timer]' OnActiveSec=0.3 OnUnitActiveSec=0.3 AccuracySec=100ms '[Install]' WantedBy=timers.target
	unit pathed.service '[Service]' Type=oneshot "User=$1" 'ExecStart=/bin/touch /tmp/pathed-was-here'
	unit pathed.path '[Path]' PathExists=/run/pathed
	unit watched.service '[Service]' "User=$1" 'ExecStart=/bin/sleep 606' # its path starts it again at once
	unit watched.path '[Path]' PathExists=/etc/passwd
	unit answering@.service '[Service]' Type=oneshot "User=$1" 'ExecStart=/bin/touch /tmp/answering-was-here'
	unit answering.socket '[Socket]' ListenStream=/run/answering Accept=yes
	unit bobs-answering@.service '[Service]' Type=oneshot User=bob 'ExecStart=/bin/touch /tmp/bob-answered'
	unit bobs-answering.socket '[Socket]' ListenStream=/run/bobs-answering Accept=yes
	unit only-enabled.service '[Service]' "User=$1" 'ExecStart=/bin/sleep 604' '[Install]' WantedBy=multi-user.target
	unit bobs.service '[Service]' User=bob 'ExecStart=/bin/sleep 605' Restart=always
	unit bobs-timed.service '[Service]' Type=oneshot User=bob 'ExecStart=/bin/touch /tmp/bob-was-here'
	unit bobs-timed.timer '[Timer]' OnActiveSec=0.3 OnUnitActiveSec=0.3 AccuracySec=100ms
	systemctl daemon-reload
	systemctl enable -q --runtime timed.timer only-enabled.service
	systemctl start comes-back by-uid "templated@$1" timed.timer pathed.path watched.path answering.socket bobs bobs-timed.timer bobs-answering.socket
	wait_until test -e /tmp/timed-was-here
}
forget_units() {
	systemctl disable -q --runtime timed.timer only-enabled.service 2>/dev/null
	systemctl stop comes-back by-uid "templated@$1" timed.timer timed pathed.path watched.path watched answering.socket bobs bobs-timed.timer bobs-answering.socket
	rm -f /run/systemd/system/{comes-back,by-uid,templated@,timed,pathed,watched,answering,answering@,only-enabled,bobs,bobs-timed,bobs-answering,bobs-answering@}.* \
		/tmp/*-was-here /tmp/bob-answered
	systemctl daemon-reload
	systemctl reset-failed
}
expect_units_stopped() { # AGENT
	expect_output "^Stopped of the host's systemd for $1: "
	local one
	for one in comes-back.service by-uid.service "templated@$1.service" timed.timer pathed.path watched.path watched.service answering.socket; do
		expect_output "^Stopped .*$one"
		[ "$(systemctl is-active "$one")" = inactive ]
	done
	expect_output 'at the next boot, or sooner, unless you say: systemctl disable .*only-enabled.service'
	expect_output 'systemctl disable .*timed.timer'
	expect_no_output 'bob'
}
call_at() { # SOCKET
	/usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1" 2>/dev/null
}
expect_gone_for_good() { # AGENT
	rm -f /tmp/timed-was-here /tmp/bob-was-here
	: >/run/pathed
	wait_until test -e /tmp/bob-was-here
	sleep 2
	rm /run/pathed
	expect_none_of "$1"
	[ ! -e /tmp/timed-was-here ]
	[ ! -e /tmp/pathed-was-here ]
	! call_at /run/answering
	[ ! -e /tmp/answering-was-here ]
	call_at /run/bobs-answering
	wait_until test -e /tmp/bob-answered
	[ "$(systemctl is-active bobs)" = active ] # the positive control
}

@test "suspend --kill stops the host's units and timers with User= the agent, names them, and no other" {
	agents_units other
	wait_until pgrep -u other -x sleep
	run agentauthctl suspend other --kill
	expect_status 0
	expect_units_stopped other
	expect_gone_for_good other
	agentauthctl resume other
	forget_units other
}

@test "session kill --agent does as well, names tables of cron and jobs of at, and --dry-run stops nothing" {
	agents_units other
	mkdir -p /var/spool/cron/crontabs
	echo '* * * * * true' >/var/spool/cron/crontabs/other
	run agentauthctl session kill --agent other --dry-run
	expect_output "^Would be stopped of the host's systemd for other: .*comes-back.service"
	[ "$(systemctl is-active comes-back)" = active ]
	run agentauthctl session kill --agent other
	expect_status 0
	expect_units_stopped other
	expect_output 'other: it has a table of cron \(/var/spool/cron/crontabs/other\)'
	expect_gone_for_good other
	rm /var/spool/cron/crontabs/other
	run agentauthctl --json session kill --agent other
	jq -e '.units == [] and (.units_enabled | sort) == ["only-enabled.service", "timed.timer"]' <<<"$output"
	forget_units other
}

@test "a unit that is started again whatever is said is an error that names it" {
	unit kept-up.service '[Service]' User=other 'ExecStart=/bin/sleep 601'
	unit upholder.service '[Service]' 'ExecStart=/bin/sh -c "while :; do systemctl start kept-up; systemctl reset-failed kept-up; sleep 0.05; done"'
	systemctl daemon-reload
	systemctl start upholder
	wait_until pgrep -u other -x sleep
	run agentauthctl session kill --agent other
	expect_status 1
	expect_output 'goes on running things as other.*systemctl mask --now kept-up.service'
	systemctl stop upholder
	systemctl stop kept-up
	rm /run/systemd/system/{kept-up,upholder}.service
	systemctl daemon-reload
}

@test "retire stops units, user manager and linger, by its own command and by a file that is gone" {
	local name
	for name in leaver leaver-2; do
		new_agent "$name" ES256 --role manager
		by_key "$name" true
		loginctl enable-linger "$name"
		wait_until systemctl is-active "user@$(id -u "$name").service"
		agents_units "$name"
		if [ "$name" = leaver ]; then
			run agentauthctl retire "$name"
		else
			rm "/etc/agentauth/agents.d/$name.conf"
			run agentauthctl apply --yes
		fi
		expect_status 0
		expect_units_stopped "$name"
		[ ! -e "/var/lib/systemd/linger/$name" ]
		wait_until none_of "$name"
		expect_gone_for_good "$name"
		[ "$(systemctl is-active "user@$(id -u "$name").service")" != active ]
		forget_units "$name"
	done
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

# Under 2.0, where systemd counts what a service could do from 0 to 10.
@test "each service that is shipped can do little besides its work, as systemd counts it" {
	local unit n=0
	for unit in /usr/lib/systemd/system/agentauth-*.service; do
		unit=${unit##*/} n=$((n + 1))
		run systemd-analyze security --no-pager --offline=true --threshold=20 "$unit"
		echo "# $(tail -n 1 <<<"$output")" >&3
		expect_status 0
	done
	[ "$n" -ge 5 ]
	# The same unit without what they share is over it.
	mkdir -p "$BATS_TEST_TMPDIR/etc/systemd/system"
	cp /usr/lib/systemd/system/agentauth-seal.service "$BATS_TEST_TMPDIR/etc/systemd/system/"
	run systemd-analyze security --no-pager --offline=true --threshold=20 --root="$BATS_TEST_TMPDIR" agentauth-seal.service
	expect_status 1
}

@test "within the bounds of the timer's unit doctor finds what root finds" {
	sed -e '/^Exec/d' -e "s|^Type=oneshot|&\nExecStart=/bin/sh -c 'agentauthctl --json doctor >/run/agentauth/found; true'|" \
		/usr/lib/systemd/system/agentauth-reap.service >/run/systemd/system/agentauth-found.service
	systemctl daemon-reload
	systemctl start agentauth-found.service
	run diff <(jq .findings /run/agentauth/found) <(agentauthctl --json doctor | jq .findings)
	rm /run/systemd/system/agentauth-found.service /run/agentauth/found
	expect_status 0
}

@test "the shipped timer seals the log, within the unit's bounds" {
	systemctl start agentauth-seal.timer
	run systemctl is-active agentauth-seal.timer
	expect_output '^active$'
	systemctl start agentauth-seal.service
	[ "$(stat -c '%a %U' /var/lib/agentauth/seal.key)" = '600 root' ]
	systemctl start agentauth-seal.service
	run agentauthctl audit verify
	expect_status 0
	expect_output ', 2 seals fit\.$'
	systemctl stop agentauth-seal.timer
}

@test "what doctor says to do where systemd runs the timer and sshd is done" {
	systemctl disable -q --now agentauth-reap.timer
	order=$(agentauthctl --json doctor | jq -r '.findings[].cure // empty' | grep -x 'systemctl enable --now agentauth-reap.timer')
	obey
	[ "$(systemctl is-active agentauth-reap.timer)" = active ]
	people_have_ssh_and_sudo
	mv /etc/ssh/sshd_config.d/agentauth.conf /root/
	systemctl reload ssh
	order=$(agentauthctl --json doctor | jq -r '.findings[].cure // empty' | grep -x 'agentauthctl enable --yes sshd' | head -n 1)
	obey
	wait_until cmp /root/agentauth.conf /etc/ssh/sshd_config.d/agentauth.conf
	wait_until by_key other true
	people_have_ssh_and_sudo
	agentauthctl role set brief --record exec >/dev/null
	order=$(agentauthctl --json doctor | jq -r '.findings[].cure // empty' | grep -x 'systemctl enable --now agentauth-record.service')
	obey
	wait_until by_key builder-7 sleep 0.1
	wait_until grep -q '"command":"sleep 0.1"' /var/log/agentauth/exec.jsonl
	people_have_ssh_and_sudo
	run sh -c "agentauthctl --json doctor | jq -r '.findings[].cure // empty'"
	expect_no_output 'agentauth-reap.timer|enable --yes sshd|agentauth-record'
	systemctl disable -q --now agentauth-record.service
	agentauthctl role set brief --no-record exec >/dev/null
}

@test "enable has systemd start the timers, and disable has it stop what enable started" {
	systemctl disable -q --now agentauth-reap.timer
	agentauthctl enable --yes timers
	[ "$(systemctl is-active agentauth-reap.timer agentauth-refresh.timer agentauth-refresh.path | uniq)" = active ]
	run agentauthctl enable --yes timers
	expect_output '^There is nothing to do'
	agentauthctl disable --yes timers
	run systemctl is-active agentauth-reap.timer agentauth-refresh.timer agentauth-refresh.path
	[ "$(uniq <<<"$output")" = inactive ]
	[ ! -e /etc/cron.d/agentauth-refresh ]
	systemctl enable -q --now agentauth-reap.timer
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

@test "the unit of metrics, hardened as it is, writes the file where node_exporter looks, and nothing where there is no such folder" {
	run systemctl start agentauth-metrics.service
	expect_status 0
	[ ! -e /var/lib/prometheus/node-exporter/agentauth.prom ]
	mkdir -p /var/lib/prometheus/node-exporter
	run systemctl start agentauth-metrics.service
	expect_status 0
	grep -q '^agentauth_sessions_live{kind="publickey"} [0-9]' /var/lib/prometheus/node-exporter/agentauth.prom
	grep -q '^agentauth_audit_writable 1' /var/lib/prometheus/node-exporter/agentauth.prom
	run systemd-analyze verify agentauth-metrics.service agentauth-metrics.timer
	expect_no_output 'agentauth-metrics'
}
