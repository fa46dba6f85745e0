#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Seals that are kept elsewhere tell a log that root wrote anew from the one that was written.
# shellcheck disable=SC2154

load support
load audit_steps

LOGS=/var/log/agentauth
STATE=/var/lib/agentauth

setup_file() {
	agentauthctl init >/dev/null
	write_long_log 4000 1000
	cp -a $LOGS /var/log-as-written
	cp -a $STATE /var/lib/state-as-written
}
setup() {
	rm -rf $LOGS $STATE
	cp -a /var/log-as-written $LOGS
	cp -a /var/lib/state-as-written $STATE
	AWAY=$BATS_TEST_TMPDIR
}
# The next line.
one_more() {
	agentauthctl revoke --jti "j$RANDOM" --issuer corp >/dev/null
}
kept_elsewhere() { # the seals and the key, as another host has them
	cp $LOGS/audit.seals $STATE/seal.pub "$AWAY/"
}
verify_by_kept() {
	run agentauthctl audit verify --seals "$AWAY/audit.seals" --key "$AWAY/seal.pub"
}

@test "a log that was cut back behind the last seal is found with the seal's time, though its head fits" {
	local at
	agentauthctl audit seal 2>/dev/null
	kept_elsewhere
	rm $LOGS/audit.jsonl $LOGS/audit.seals
	printf '%020d %s %020d\n' 3000 "$(tail -n 1 "$AUDIT-002" | tr -d '\n' | sha256sum | cut -c 1-64)" "$(stat -c %s "$AUDIT-002")" >$LOGS/audit.head
	run agentauthctl audit verify
	expect_status 0
	at=$(cut -d . -f 2 "$AWAY/audit.seals" | tr _- /+ | base64 -d 2>/dev/null | jq -r .time)
	verify_by_kept
	expect_status 1
	[ "$output" = "$AUDIT-002:1000: 1000 lines are missing behind this one: seq 3001 to 4000, of which the last was sealed on $at" ]
}

@test "of a log that was written anew behind a seal that seal is named, and how many do not fit" {
	agentauthctl audit seal 2>/dev/null
	one_more
	agentauthctl audit seal
	one_more
	agentauthctl audit seal
	kept_elsewhere
	cat "$AUDIT"-00{0,1,2} "$AUDIT" >"$AWAY/all" && rm "$AUDIT"-00{0,1,2}
	mv "$AWAY/all" "$AUDIT"
	write_anew revoke
	rm $LOGS/audit.seals
	run agentauthctl audit verify
	expect_status 0 # nothing on this host tells
	verify_by_kept
	expect_status 1
	expect_output "^$AUDIT:4001: this is not the line that was sealed on [0-9TZ:-]+ \(seq 4001\): what is behind seq 4000, which the seal of [0-9TZ:-]+ fits, may have been written anew$"
	expect_output '1 later seal does not fit either'
}

@test "another host proves a copy of the log with the public half alone, and needs no root for it" {
	agentauthctl audit seal 2>/dev/null
	install -d -o dev -m 0700 /home/dev/copy
	cp $LOGS/audit.jsonl* $LOGS/audit.seals $STATE/seal.pub /home/dev/copy/
	chown dev /home/dev/copy/*
	run dev /usr/sbin/agentauthctl --logdir /home/dev/copy audit verify --key /home/dev/copy/seal.pub
	expect_status 0
	expect_output '^The log is whole: 4000 records in 4 files, to seq 4000, 1 seal fits\.$'
	sed -i '7s/"uid":7/"uid":8/' /home/dev/copy/audit.jsonl-001
	chown dev /home/dev/copy/*
	run dev /usr/sbin/agentauthctl --logdir /home/dev/copy audit verify --key /home/dev/copy/seal.pub
	expect_status 1
	[ "$output" = '/home/dev/copy/audit.jsonl-001:7: this line was changed after it was written (seq 1007)' ]
}

@test "a key that is changed is named by the old one's last seal: the old public half goes on being enough" {
	agentauthctl audit seal 2>/dev/null
	cp $STATE/seal.pub "$AWAY/"
	run --separate-stderr agentauthctl audit seal --new-key
	expect_status 0
	[ "$(grep -c BEGIN $STATE/seal.pub)" -eq 2 ]
	one_more
	agentauthctl audit seal
	[ "$(wc -l <$LOGS/audit.seals)" -eq 3 ]
	cp $LOGS/audit.seals "$AWAY/"
	verify_by_kept
	expect_status 0
	expect_output ', 3 seals fit\.$'
	run agentauthctl audit verify
	expect_status 0
	expect_output ', 3 seals fit\.$'
	# Without the seal that names it the second key is a stranger's.
	sed -i 2d "$AWAY/audit.seals"
	verify_by_kept
	expect_status 1
	expect_output "^$AWAY/audit.seals:2: this seal cannot be believed: its key \"[A-Za-z0-9_-]{43}\" is not among those that were given$"
}

@test "a private half that is gone is said and not replaced unasked; its seals hold by its public half" {
	local order
	agentauthctl audit seal 2>/dev/null
	rm $STATE/seal.key
	run agentauthctl audit seal
	expect_status 1
	expect_output "the key of the seals is gone: $STATE has seal.pub and no seal.key; agentauthctl audit seal --new-key makes another"
	read -ra order <<<"$(grep -o 'agentauthctl audit seal --new-key' <<<"$output")"
	run --separate-stderr "${order[@]}"
	expect_status 0
	run agentauthctl audit verify
	expect_status 0
	expect_output ', 2 seals fit\.$'
	# Once that is gone as well, its seals can be believed no more, and the others can.
	sed -i '1,3d' $STATE/seal.pub
	run agentauthctl audit verify
	expect_status 1
	[ "${#lines[@]}" -eq 1 ]
	expect_output "^$LOGS/audit.seals:1: this seal cannot be believed: its key .* is not among those that were given$"
}

@test "a seal of a line that is rotated away is said, and is no fault" {
	printf '%020d %s %020d\n' 1000 "$(tail -n 1 "$AUDIT-000" | tr -d '\n' | sha256sum | cut -c 1-64)" 1 >$LOGS/audit.head
	agentauthctl audit seal 2>/dev/null
	cp /var/log-as-written/audit.head $LOGS/
	rm "$AUDIT-000" "$AUDIT-001"
	run agentauthctl audit verify
	expect_status 0
	expect_output '^It begins with seq 2001 of 2026-01-01T01:06:42Z: '
	expect_output '^1 seal is of lines that are not there any more; the last of these was sealed on [0-9TZ:-]+ \(seq 1000\)\.$'
}

@test "the shipped line for cron seals, and the units are in order" {
	sed 's/^17 \* \* \* \*/@reboot/' /usr/share/agentauth/cron.d/agentauth-seal >/etc/cron.d/agentauth-seal
	cron_until_file $LOGS/audit.seals
	rm -f /etc/cron.d/agentauth-seal
	run agentauthctl audit verify
	expect_status 0
	expect_output ', 1 seal fits\.$'
	run systemd-analyze verify --man=no /usr/lib/systemd/system/agentauth-seal.timer /usr/lib/systemd/system/agentauth-seal.service
	expect_no_output 'agentauth-seal'
}
