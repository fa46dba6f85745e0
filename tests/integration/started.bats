#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What root starts for an agent, by cron, su or runuser: the roles that admit it, and no sudo. By at: no role.

load support
load agents
load sessions

setup_file() {
	host_init
	# deploy admits sshd, sudo, su, login; jobs admits what root starts; logs neither.
	agentauthctl role add jobs --service cron --service atd --service runuser --service su >/dev/null
	new_agent builder-7 ES256 --role deploy --role jobs --role logs
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
	forget_file builder-7 job
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
}

JOB='cd; (id; sudo -n restart-app; echo done) >job 2>&1'
expect_job_of_jobs() { # in ~/job: the roles that admit the service, and no sudo
	expect_job
	expect_output 'agent-jobs'
}
expect_job() {
	run cat "$(home_of builder-7)/job"
	expect_output '^done$'
	expect_no_output 'agent-logs'
	expect_no_output '^restarted'
	expect_audit ".service == \"sudo\" and .agent == \"builder-7\" and .result == \"denied\" and .reason == \"no_session\""
}

@test "cron, su and runuser give the roles that admit them, and no sudo" {
	cron_table builder-7 "@reboot $JOB"
	cron_until_file "$(home_of builder-7)/job"
	rm /var/spool/cron/crontabs/builder-7
	wait_until grep -q '^done' "$(home_of builder-7)/job"
	expect_job_of_jobs
	forget_file builder-7 job
	audit_mark
	runuser -u builder-7 -- sh -c "$JOB"
	expect_job_of_jobs
	forget_file builder-7 job
	audit_mark
	su - builder-7 -c "$JOB"
	expect_job_of_jobs
	# The control: the agent itself, from a login of its own.
	run by_key builder-7 "sudo -n restart-app"
	expect_output '^restarted'
}

@test "an agent whose role has limits, which hold in no job, has cron only where a role names it" {
	agentauthctl role add small --service sshd --tasks-max 50 >/dev/null
	new_agent limited ES256 --role small
	new_agent named ES256 --role small --role jobs
	by_key limited true
	by_key named true
	cron_table limited '@reboot touch job'
	cron_table named '@reboot echo here >job'
	cron_until_file "$(home_of named)/job"
	rm /var/spool/cron/crontabs/{limited,named}
	[ -e "$(home_of named)/job" ]
	[ ! -e "$(home_of limited)/job" ]
	wait_for_audit '.service == "cron" and .agent == "limited" and .result == "denied" and .reason == "service_denied"'
	run su - limited -c id # root's own doing
	expect_status 0
	expect_output 'limited'
}

at_job() { # AGENT COMMAND: asked for in a login of the agent's, as at(1) is used
	by_key "$1" "echo '$2' | at now"
}
atd_until() { # COMMAND...
	atd -f -l 100 3>&- &
	pid=$!
	wait_until "$@"
	kill $pid
	wait $pid || :
	rm -f /run/atd.pid
}

@test "an at job does not run, unless the host says that it may: then with no role and no sudo" {
	at_job builder-7 "$JOB"
	# The control: atd runs a person's.
	echo 'touch /tmp/alices' | as alice at now
	atd_until test -e /tmp/alices
	[ ! -e "$(home_of builder-7)/job" ]
	wait_for_audit '.service == "atd" and .agent == "builder-7" and .result == "denied"'
	sed -i 's/^accounts = {$/&\n\twithout_credential = [ "su", "su-l", "runuser", "cron", "atd", "systemd-user" ];/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
	audit_mark
	at_job builder-7 "$JOB"
	atd_until grep -qs '^done' "$(home_of builder-7)/job"
	expect_job
	expect_no_output '\(agent-' # atd sets the groups of NSS after PAM
}

@test "suspend --kill ends jobs that run, cron's and at's" {
	cron_table builder-7 "@reboot cd; touch job; exec sleep 610"
	rm -f /run/crond.reboot
	cron -f 3>&- &
	cron=$!
	wait_for_file builder-7 job
	forget_file builder-7 job
	at_job builder-7 'cd; touch job; exec sleep 611'
	atd -f -l 100 3>&- &
	atd=$!
	wait_for_file builder-7 job
	run processes_of builder-7
	expect_output 'sleep 610'
	expect_output 'sleep 611'
	run agentauthctl suspend builder-7 --kill
	agentauthctl resume builder-7 >/dev/null
	kill $cron $atd
	wait $cron $atd || :
	rm -f /var/spool/cron/crontabs/builder-7 /run/crond.pid /run/crond.reboot /run/atd.pid
	expect_status 0
	expect_none_of builder-7
}
