#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What agentauthctl tells the host's administrator to do, taken from what it prints and done to the letter: the trouble is gone,
# and people still have ssh and sudo. Which sentence is carried out by which test is in orders.table.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a shell of its own; the loaded files use the variables
load support
load advice

setup_file() {
	advice_host_of_roles
}
setup() {
	advice_on_the_text
}
teardown() {
	text_is_published
	people_have_ssh_and_sudo
}

# ---- the text -----------------------------------------------------------------------------------------------------------------

@test "numbers and lists that libconfig reads otherwise than people" {
	edited 's/clock_skew = 30/clock_skew = 030/' '030 (begins with a zero), .*: leave it out'
	in_order_again 's/clock_skew = 030/clock_skew = 30/'
	edited 's/clock_skew = 30/clock_skew = 0x1e/' '"0x1e": write numbers in (decimal)'
	in_order_again 's/clock_skew = 0x1e/clock_skew = 30/'
	edited 's/\[ "sshd", "sudo" \]/[ "sshd", "sudo", ]/' 'there is a comma before this \]: leave the comma out'
	in_order_again 's/"sudo", \]/"sudo" ]/'
	edited 's/nonce = "optional"/nonce = "\\xc3"/' '.xc3 is refused: write the character itself'
	in_order_again 's/.xc3/optional/'
	edited 's/services = \[ "sshd", "sudo" \]/services = [ ]/' 'is empty; leave the setting out where'
	in_order_again '/services = \[ \]/d'
}

@test "a text that others may write" {
	chmod g+w "$CONF"
	refused_and_told 'can be written by its group or by others. As root: (chmod go-w .*[^ ])$' agentauthctl check
	obey
	done_now agentauthctl check
}

@test "a text that is not in order while a command would change it" {
	echo 'roles = [' >>/etc/agentauth/agents.d/other.conf
	refused_and_told 'the text there is not in order; (agentauthctl check) says where' agentauthctl set other --owner o
	run sh -c "$order"
	expect_status 1
	expect_output '^/etc/agentauth/agents.d/other.conf:[0-9]+'
	sed -i '$d' /etc/agentauth/agents.d/other.conf
	done_now agentauthctl set other --owner o
}

@test "files and directories that are gone: init makes them" {
	mv "$CONF" kept.conf
	refused_and_told 'holds no agentauth.conf; (agentauthctl init) makes a first one' agentauthctl apply
	mv kept.conf "$CONF"
	mv "$STATE" kept-state
	refused_and_told 'does not exist; (agentauthctl init) makes what is needed' agentauthctl set other --owner p
	mv kept-state "$STATE"
	cp -a /etc/agentauth kept-etc
	cp -a "$STATE" kept-state
	rm -r /etc/agentauth "$STATE"
	refused_and_told 'does not exist; (agentauthctl init) makes it, with a first' agentauthctl check
	obey
	told 'Generation 1 serves now'
	done_now agentauthctl check
	rm -r /etc/agentauth "$STATE"
	mv kept-etc /etc/agentauth
	mv kept-state "$STATE"
	rm -r "$STATE/keys"
	agentauthctl init
	[ -d "$STATE/keys" ]
}

@test "a first text names the commands that follow a change, and where roles and agents come from" {
	run cat "$CONF"
	told 'After a change: (agentauthctl check), (agentauthctl diff), (agentauthctl apply)'
	done_now sh -e -c "${BASH_REMATCH[1]}; ${BASH_REMATCH[2]}; ${BASH_REMATCH[3]}"
	run cat "$CONF"
	told '(agentauthctl role add NAME) writes one here'
	obey NAME from-the-text
	grep -q from-the-text "$CONF"
	agentauthctl role remove from-the-text
}

# ---- what is published --------------------------------------------------------------------------------------------------------

@test "a change in the text: diff shows it, apply publishes it, and after a rollback again" {
	local changed='role logs'
	sed -i 's|(root) /usr/bin/whoami|& --version|' "$CONF"
	run agentauthctl check
	told 'It is not published yet: (agentauthctl diff) shows what differs, (agentauthctl apply) publishes it'
	set -- "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	run sh -c "$1"
	told "~ $changed"
	done_now sh -c "$2"
	run agentauthctl rollback
	told 'the next apply publishes it again. (agentauthctl diff) shows what differs'
	run sh -c "$order"
	told "~ $changed"
	run agentauthctl init
	told 'Generation [0-9]+ serves on: (agentauthctl apply) publishes it'
	obey
	run agentauthctl diff
	told 'The text is what is published'
}

@test "a registry that cannot be read: each command says what publishes it anew, and that does" {
	local command file
	# "cut": the file of the accounts alone; "gone": nothing is published.
	for command in list 'show builder-7' 'role list' 'issuer list'; do
		mv "$STATE/current" kept-current
		# shellcheck disable=SC2086
		refused_and_told 'nothing is published that can be read: run (agentauthctl apply) \(or init, on a new host\)' agentauthctl $command
		rm kept-current
		obey
		# shellcheck disable=SC2086
		done_now agentauthctl $command
	done
	for command in list 'role list' 'issuer list'; do
		damage_first_record
		# shellcheck disable=SC2086
		refused_and_told 'the published registry is damaged.*: run (agentauthctl apply)' agentauthctl $command
		obey
		# shellcheck disable=SC2086
		done_now agentauthctl $command
	done
	printf 'junk' >"$STATE/current/accounts.cdb"
	run agentauthctl suspend builder-7
	told 'cannot be read .*, so that it is not known whether there is an agent builder-7; run (agentauthctl apply)'
	obey
	agentauthctl resume builder-7
	run by_key builder-7 true
	expect_status 0
}
# The length of the first record is no longer what it was.
damage_first_record() {
	printf '\377\377\377\177' | dd of="$STATE/current/policy.cdb" bs=1 seek=2048 conv=notrunc 2>/dev/null
}

@test "a record of decisions that cannot be written" {
	mv /var/log/agentauth kept-log
	run agentauthctl set builder-7 --owner s
	told 'the audit record cannot be written to (/var/log/agentauth), and is in the system.s log alone; see that the directory is there, root.s and not full'
	install -d -m 0700 "$order"
	run agentauthctl set builder-7 --owner t
	expect_no_output 'audit record'
	rm -r /var/log/agentauth
	mv kept-log /var/log/agentauth
}

@test "the list of ids damaged, the journal damaged: what is told brings publishing back" {
	cp -a "$STATE" backup
	echo junk >>"$STATE/ids"
	refused_and_told 'Restore (the file) from a backup' agentauthctl set builder-7 --owner u
	cp -a backup/ids "$STATE/ids"
	done_now agentauthctl set builder-7 --owner u
	echo junk >"$STATE/journal"
	refused_and_told 'Restore the directory from a backup, or, where its file ids names all agents and roles that (agentauthctl list --all) and ([a-z ]+) show, remove the journal' \
		agentauthctl set builder-7 --owner v
	names_all_of "${BASH_REMATCH[1]}" "agentauthctl ${BASH_REMATCH[2]}"
	rm "$STATE/journal"
	done_now agentauthctl set builder-7 --owner v
	rm -r "$STATE"
	cp -a backup "$STATE"
	echo junk >"$STATE/journal"
	refused_and_told 'Restore the directory from a backup' agentauthctl set builder-7 --owner v
	rm -r "$STATE"
	cp -a backup "$STATE"
	done_now agentauthctl apply
}
names_all_of() { # LIST-OF-AGENTS LIST-OF-ROLES
	local name
	for name in $(sh -c "$1" | sed -n '2,$s/ .*//p') $(sh -c "$2" | sed -n 's/^\([a-z][a-z0-9-]*\) .*/\1/p'); do
		grep -qw -e "$name" "$STATE/ids" || { echo "ids does not name $name" >&2; return 1; }
	done
}

# ---- usage --------------------------------------------------------------------------------------------------------------------

@test "commands that are written wrongly name the help that lists what there is" {
	local line
	refused_and_told '(agentauthctl --help) lists them' agentauthctl --frobnicate
	obey
	told 'register'
	refused_and_told '(agentauthctl set --help) lists them' agentauthctl set other --frobnicate
	obey
	told '--owner'
	refused_and_told '(agentauthctl role add --help) lists them' agentauthctl role add x --frobnicate
	obey
	told '--sudo'
	told '(agentauthctl --help) lists the options that every command has'
	obey
	told '--dry-run'
	refused_and_told 'usage: (agentauthctl show NAME)' agentauthctl show
	obey NAME builder-7
	refused_and_told 'usage: (agentauthctl role remove NAME)' agentauthctl role remove
	run agentauthctl --help
	told '(agentauthctl COMMAND --help) says more of a command'
	obey COMMAND register
}

# ---- ids ----------------------------------------------------------------------------------------------------------------------

@test "no gid is left for a role: one is chosen" {
	local i last
	run agentauthctl role add r30 --service sshd
	told 'its group is agent-r30, gid ([0-9]+)'
	last=$((order + 3))
	sed -i "s/^	gid = 99999;/	gid = $last;/" "$CONF"
	agentauthctl apply
	for ((i = 31; i < 36; i++)); do
		run agentauthctl role add r$i --service sshd
		[ "$status" -eq 0 ] || break
	done
	told "no gid is free from [0-9]+ to $last, where roles. come from; choose one with (--gid)"
	done_now agentauthctl role add r50 --service sshd "$order" 98000
	text_as_before
}

@test "a range of ids in which others' lie" {
	edited 's/uid_min = 70000/uid_min = 61000/; s/uid_max = 98999/uid_max = 62000/' \
		'uid_min and uid_max must not themselves lie within ([0-9]+) to ([0-9]+), which'
	in_order_again "s/uid_min = 61000/uid_min = 70000/; s/uid_max = 62000/uid_max = 98999/"
	edited 's/^accounts = {/&\n\tgroup = "docker";/' 'and all agents would be in it. Choose another'
	in_order_again 's/group = "docker"/group = "robots"/'
}

subuids_of_bob() { # FIRST:COUNT...
	sed -i '/^bob:/d' /etc/subuid
	[ $# -eq 0 ] || printf 'bob:%s\n' "$@" >>/etc/subuid
}
@test "ids that overlap with others', before there are agents and after it" {
	local no_overlap='overlaps with the ids of agents'
	cp -a /etc/subuid kept-subuid
	subuids_of_bob 60000:90000
	run agentauthctl init
	told 'agents that are registered keep their ids: give another range to what overlaps'
	subuids_of_bob 200000:65536
	run agentauthctl init
	expect_no_output "$no_overlap"
	# A host without agents yet.
	mv /etc/agentauth kept-etc
	mv "$STATE" kept-state
	subuids_of_bob 60000:90000
	run agentauthctl init
	told 'before the first role and agent are made, write ([a-z_0-9=; ]+;) into accounts in ([a-z/.]+) and run (agentauthctl apply)'
	set -- "${BASH_REMATCH[@]:1}"
	sed -i "/^	\(uid_min\|uid_max\|gid\) =/d; s/^accounts = {/& $1/" "$2"
	done_now sh -c "$3"
	run agentauthctl init
	expect_no_output "$no_overlap"
	done_now agentauthctl register elsewhere
	rm -r /etc/agentauth "$STATE"
	subuids_of_bob 1000:4000000000
	run agentauthctl init
	told 'no range that comes into question is free: give another one to what overlaps'
	subuids_of_bob 200000:65536
	run agentauthctl init
	expect_no_output "$no_overlap"
	rm -r /etc/agentauth "$STATE"
	mv kept-etc /etc/agentauth
	mv kept-state "$STATE"
	cp -a kept-subuid /etc/subuid
}

# As a host has it that was set up when the default was another.
@test "an agent of the range that was the default formerly" {
	mkdir -p elder/conf/agents.d
	echo "host = { audience = [ \"ssh://$HOST\" ]; };" >elder/conf/agentauth.conf
	echo 'uid = 1900000001;' >elder/conf/agents.d/elder.conf
	refused_and_told 'to go on with the range that was the default formerly, set accounts.(uid_min = [0-9]+) and accounts.(uid_max = [0-9]+)' \
		agentauthctl check --confdir /root/elder/conf --statedir /root/elder/state
	echo "accounts = { ${BASH_REMATCH[1]}; ${BASH_REMATCH[2]}; };" >>elder/conf/agentauth.conf
	done_now agentauthctl check --confdir /root/elder/conf --statedir /root/elder/state
}

@test "services and algorithms by names that are not theirs" {
	refused_and_told 'counts as (sudo): write that' agentauthctl role add r60 --service sudo-i
	done_now agentauthctl role add r60 --service "$order"
	agentauthctl issuer add first --provider google >/dev/null
	edited 's/algorithms = .*/algorithms = [ "HS256" ];/' 'proves nothing about who made a token; use one of (RS), PS, ES with (256), 384 or 512'
	in_order_again "s/algorithms = .*/algorithms = [ \"${BASH_REMATCH[1]}${BASH_REMATCH[2]}\" ];/"
	agentauthctl apply --yes
}
