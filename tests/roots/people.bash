# SPDX-License-Identifier: Apache-2.0
# The people of a fresh root, what must work for each of them at every step, and the daemons that they reach: started by hand,
# since no systemd is process 1 there.
# shellcheck shell=bash disable=SC2154,SC2034,SC1090

tests=/srv/agentauth/tests
# What the stories' files expect of bats.
bats_require_minimum_version() { :; }
load() { . "$tests/integration/$1.bash"; }
run() {
	status=0
	output=$("$@" 2>&1) || status=$?
}
BATS_TEST_TMPDIR=/run/story BATS_TEST_DIRNAME=$tests/integration
mkdir -p $BATS_TEST_TMPDIR
touch /run/agentauth-box # this is no host that anybody needs
load support
load people
load people_watch
load directory
load pages

# alice is in sudo's group and has a password, ruth a rule of her own, kim a key and no password, carol is the directory's; bob
# has no right.
make_people() {
	"$tests/box/people"
	useradd --create-home --shell /bin/bash ruth
	useradd --create-home --shell /bin/bash kim
	echo 'ruth:ruth-password' | chpasswd
	printf '%s\n' 'ruth ALL=(root) /usr/bin/id' 'carol ALL=(root) /usr/bin/id' >/etc/sudoers.d/people
	chmod 440 /etc/sudoers.d/people
	dev ssh-keygen -q -t ed25519 -N '' -C kim -f /home/dev/.ssh/id_kim
	install -d -m 0700 -o kim -g kim /home/kim/.ssh
	install -m 0600 -o kim -g kim /home/dev/.ssh/id_kim.pub /home/kim/.ssh/authorized_keys
	install -d "$DIRECTORY"
	start_slapd
	directory_person carol 20001 20001
	directory_group carol 20001
	start_sssd
	/usr/sbin/sshd -E /var/log/sshd.log
	wait_until test -s /run/sshd.pid
}

ruth_runs_her_rule() {
	run as ruth sudo -k -S /usr/bin/id -un <<<ruth-password
	expect_status 0 && expect_output 'root$'
	run as ruth sudo -n /usr/bin/true
	expect_status 1
}
kim_logs_in_by_key() {
	run dev ssh -i /home/dev/.ssh/id_kim -o BatchMode=yes "kim@$HOST" id -un
	expect_status 0 && expect_output '^kim$'
}
carol_logs_in() {
	run person_ssh carol 'id -un'
	expect_status 0 && expect_output '^carol$'
}
carol_runs_her_rule() {
	run as carol sudo -k -S /usr/bin/id -un <<<carol-password
	expect_status 0 && expect_output 'root$'
}
carol_is_becoming() {
	run as bob su carol -c 'id -un' <<<carol-password
	expect_status 0 && expect_output 'carol$'
}
cron_works_for_alice() {
	rm -f /run/story/cron
	install -m 666 /dev/null /run/story/cron
	cron_table alice '@reboot id -un >/run/story/cron'
	cron_until_file /run/story/cron
	rm -f /var/spool/cron/crontabs/alice
	[ "$(cat /run/story/cron)" = alice ]
}
everybody=(person_logs_in_by_password person_logs_in_by_key root_logs_in_by_key person_runs_sudo person_becomes_another
	ruth_runs_her_rule kim_logs_in_by_key carol_logs_in carol_runs_her_rule carol_is_becoming cron_works_for_alice)
# Sets `well`: "ok (11)", or who is not.
look_after_people() {
	local one bad=''
	for one in "${everybody[@]}"; do
		(set -e; "$one") >>/var/log/people.out 2>&1 || bad+=" $one"
	done
	well="ok (${#everybody[@]})"
	[ -z "$bad" ] || well="FAILED:$bad"
	[ -z "$bad" ]
}
