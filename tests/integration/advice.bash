# SPDX-License-Identifier: Apache-2.0
# What the stories use that do to the letter what the tools say: doctor's commands, and whether people are still there after.
# shellcheck shell=bash disable=SC2154,SC2034
load people
load agents
load sessions

# sshd, told to read its configuration, is there again: the log's size was $log_size before.
sshd_has_restarted() {
	wait_until sshd_listens && wait_until test -s /run/sshd.pid
}
sshd_listens() {
	tail -c "+$((log_size + 1))" /var/log/sshd.log | grep -q 'Server listening on ::'
}
reload_sshd() {
	log_size=$(wc -c </var/log/sshd.log)
	kill -HUP "$(cat /run/sshd.pid)"
	sshd_has_restarted
}

people_have_ssh_and_sudo() {
	person_logs_in_by_key && person_runs_sudo
}

do_as_root() { # COMMAND
	log_size=$(wc -c </var/log/sshd.log)
	sh -e -c "$1" >/dev/null 2>&1 || return 1
	[[ "$1" != *HUP* ]] || sshd_has_restarted
}

# doctor's first command is done as it stands there; what that uncovers is mended too.
done_to_the_letter() { # [ROUNDS]
	local round cure
	for ((round = 1; round <= ${1:-4}; round++)); do
		cure=$(agentauthctl --json doctor | jq -r '[.findings[] | select(.finding == "problem")][0].cure // ""')
		[ "$cure" ] || break
		do_as_root "$cure" || { echo "round $round fails: $cure" >&2; return 1; }
		people_have_ssh_and_sudo || { echo "locks people out: $cure" >&2; return 1; }
	done
	doctor_is_silent
}
doctor_is_silent() {
	run agentauthctl doctor
	expect_status 0 && expect_output '^No problem found\.$' && expect_no_output 'PROBLEM'
}

# Every part of a host that we are asked by, as it is without us.
stock_stack() { # SERVICE
	sed -i '/agentauth/d; /notingroup agents/d; /pam_mkhomedir/d' "/etc/pam.d/$1"
}

# What the last output tells a person to do, by an extended regular expression; what its group holds is in $order.
told() { # REGEX
	if ! [[ $output =~ $1 ]]; then
		printf 'this is not told: %s; output:\n%s\n' "$1" "$output" >&2
		return 1
	fi
	order=${BASH_REMATCH[1]:-}
}
# The command that was told is done by root as it stands there; what stands in capitals is filled in.
obey() { # [PLACEHOLDER VALUE]...
	while [ $# -ge 2 ]; do
		order=${order//"$1"/"$2"}
		shift 2
	done
	run sh -e -c "$order"
	expect_status 0
}
# A command that is refused, and what it tells.
refused_and_told() { # REGEX COMMAND...
	local regex=$1
	shift
	run "$@"
	[ "$status" -ne 0 ] || { echo "is not refused: $*" >&2; return 1; }
	told "$regex"
}
# A command that is done.
done_now() { # COMMAND...
	run "$@"
	expect_status 0
}

# The hosts of the stories of sentences: two agents with a role each; or two, of which one may act for alice, who is here.
advice_host_of_roles() {
	host_init
	new_agent builder-7 ES256 --role deploy
	new_agent other ES256 --role logs
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
}
advice_host_of_people() {
	host_init
	new_agent builder-7 ES256
	new_agent other ES256
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl set builder-7 --local-user alice >/dev/null
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
}

# A story of sentences on the configuration: each test begins in /root with the text as it was, and leaves it so.
CONF=/etc/agentauth/agentauth.conf
advice_on_the_text() {
	log_mark
	audit_mark
	cp -a /etc/agentauth "$BATS_TEST_TMPDIR/text"
	cd /root || return
}
text_as_before() {
	rm -r /etc/agentauth
	cp -a "$BATS_TEST_TMPDIR/text" /etc/agentauth
}
text_is_published() {
	agentauthctl apply --yes >/dev/null 2>&1 || text_as_before
}
# The text is edited, and what check says of it.
edited() { # SED-SCRIPT REGEX
	sed -i "$1" $CONF
	refused_and_told "$2" agentauthctl check
}
in_order_again() { # SED-SCRIPT
	sed -i "$1" $CONF
	done_now agentauthctl check
	text_as_before
}
new_public_key() { # NAME
	dev agentauth keygen --out "$KEYS/$1.pem" 2>/dev/null >"$1.pub"
}

# The agent's machine: dev's profiles, whose key is builder-7's.
CONFIG=/home/dev/.config/agentauth/config
KEY=$KEYS/builder-7.pem
profiles() { # TEXT
	echo "profiles = { $1 };" >"$CONFIG"
	chown dev: "$CONFIG"
	chmod 600 "$CONFIG"
}
profile() { # NAME HOSTS AUDIENCES [MORE]
	echo "$1 = { hosts = [ $2 ]; audiences = [ $3 ]; agent = \"builder-7\"; key = \"$KEY\"; ${4:-} };"
}
one_profile() {
	profiles "$(profile web "\"$HOST\"" "\"ssh://$HOST\"")"
}
as_alice() { # COMMAND...: as after a login
	(
		id -u alice >/proc/self/loginuid
		cd /home/alice && as alice "$@"
	)
}
