#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A fleet: a release is made and signed by two people on their machine, and a host takes it by its own fleet.conf alone. Whoever
# carries it forges, rolls back, freezes, mixes and replays, and nobody gains a right.

load support
load agents

DESK=/root/desk # the machine of those who sign, which is no host
REL=/root/release

desk() { # agentauthctl there
	agentauthctl "$@" --confdir $DESK/conf --statedir $DESK/state
}
signed() { # by both: a release of what the desk's text is now
	desk fleet sign "$REL" --key $DESK/alice.key --passphrase-file $DESK/pw --yes "$@" >/dev/null &&
		desk fleet sign "$REL" --add --key $DESK/bob.key --passphrase-file $DESK/pw --yes >/dev/null
}

setup_file() {
	host_init
	mkdir -p $DESK
	desk init >/dev/null 2>&1
	echo correct-horse >$DESK/pw
	sed -i 's|^roles = {$|&\n\toperate = { gid = 99050; services = [ "sshd", "sudo" ]; sudo = [ "(root) /usr/bin/true" ]; };|' $DESK/conf/agentauth.conf
	desk apply >/dev/null 2>&1
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/carried"
	desk register carried-1 --uid 70200 --role operate --owner alice@example.com --key "$(cat "$KEYS/carried.pub")" >/dev/null 2>&1
}
setup() {
	audit_mark
}

@test "a release is made, signed by two people, and taken: its agent logs in, and a second one changes it" {
	run agentauthctl fleet take /root/nowhere
	expect_status 1
	expect_output 'so that this host is of no fleet; agentauthctl fleet init writes it'
	for name in alice bob oncall; do
		run agentauthctl fleet keygen --out $DESK/$name.key --passphrase-file $DESK/pw
		expect_status 0
		expect_output 'The public half above goes to each host: agentauthctl fleet init --release-key FILE, or --stop-key FILE'
		openssl pkey -in $DESK/$name.key -passin file:$DESK/pw -pubout -out $DESK/$name.pem
	done
	run agentauthctl fleet keygen --out $DESK/bob.key --passphrase-file $DESK/pw
	expect_status 1
	expect_output 'is there already, and a key is never written over; choose another --out'
	run agentauthctl fleet init
	expect_status 2
	expect_output 'name the public half of each release key by --release-key'
	run agentauthctl fleet init --release-key $DESK/alice.pem --release-key $DESK/bob.pem --stop-key $DESK/oncall.pem --role operate \
		--sudo '(root) /usr/bin/true'
	expect_status 0
	expect_output 'Read it, above all its ceiling: what it lacks there any release may give'
	run agentauthctl fleet init --release-key $DESK/alice.pem
	expect_status 1
	expect_output 'is there already; change it with an editor, and agentauthctl fleet take reads it'

	run agentauthctl fleet sign $REL --key $DESK/alice.key --confdir $DESK/conf --statedir $DESK/state
	expect_status 1
	expect_output 'there is no terminal to ask: name a file that holds it by --passphrase-file'
	run desk fleet sign $REL --passphrase-file $DESK/pw
	expect_status 1
	expect_output 'name the private key to sign with by --key'
	run desk fleet sign $REL --key $DESK/alice.key --passphrase-file $DESK/pw
	expect_status 1
	expect_output 'there is no terminal to ask whether this is what you sign; if it is, say --yes'
	cp /etc/agentauth/fleet.conf $DESK/conf/
	run desk fleet sign $REL --key $DESK/alice.key --passphrase-file $DESK/pw --yes
	expect_status 0
	expect_output '  \+ agent carried-1$'
	expect_output "has 1 of 2 signatures \(alice\). Pass $REL on: agentauthctl fleet sign --add $REL --key FILE"
	run agentauthctl fleet take $REL
	expect_status 1
	expect_audit '.result == "denied" and .reason == "bad_signature"'
	run desk fleet sign --add $REL --key $DESK/bob.key --passphrase-file $DESK/pw --yes
	expect_status 0
	run agentauthctl fleet take $REL
	expect_status 0
	expect_output 'signed by alice, bob, gives 1 agent of the fleet'
	expect_audit '.result == "ok" and (.command // "" | endswith("fleet release 1, signed by alice, bob, is taken"))'
	run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/carried" "carried-1@$HOST" sudo -n /usr/bin/true
	expect_status 0

	cp -a $REL $REL.1
	desk register carried-2 --uid 70201 --role operate >/dev/null 2>&1
	signed
	run agentauthctl fleet take $REL
	expect_status 0
	[ "$(id -u carried-2)" = 70201 ]
	[ "$(agentauthctl list | grep -c carried)" = 2 ]
	echo '# changed here' >>/etc/agentauth/agents.d/carried-2.conf
	run agentauthctl fleet status
	expect_status 0
	expect_output '^Fleet release 2, made at .*, expires at '
	expect_output '^2 agents of the fleet, 0 of this host.s own\.$'
	expect_output '^  carried-2 is not as the release has it; the next fleet take sets it right$'
	expect_output '^0 stops\.$'
	agentauthctl fleet take $REL >/dev/null
	run agentauthctl fleet status
	expect_no_output 'is not as the release has it'
}

denied() { # REASON WORDS: the release is refused, changes nothing, and the log says why
	local before after
	before=$(sha256sum /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf "$STATE/ids" "$STATE/fleet/taken.jws"; readlink "$STATE/current")
	audit_mark
	run agentauthctl fleet take $REL.bad
	expect_status 1
	expect_output "$2"
	after=$(sha256sum /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf "$STATE/ids" "$STATE/fleet/taken.jws"; readlink "$STATE/current")
	[ "$before" = "$after" ]
	expect_audit ".result == \"denied\" and .reason == \"$1\" and (.command | test(\"$2\"))"
}
bad() { # from the release that the host has
	rm -rf $REL.bad
	cp -a $REL $REL.bad
}

@test "a hostile carrier forges, rolls back, freezes, mixes and replays: no right is gained, and the log names each" {
	# Replayed, rolled back.
	rm -rf $REL.bad
	cp -a $REL.1 $REL.bad
	denied replayed 'fleet release 1 is older than fleet release 2'
	# Mixed: the new manifest with the old files.
	bad
	desk set carried-1 --description third >/dev/null 2>&1
	cp -a $REL $REL.2
	signed
	rm -rf $REL.bad
	cp -a $REL.2 $REL.bad
	cp $REL/manifest.jws $REL.bad/
	denied malformed 'agent carried-1 cannot be read'
	bad
	for f in "$REL.bad"/files/*; do sed -i s/carried-1/carried-9/ "$f"; done
	denied malformed 'its content is not what was signed'
	# Forged: the payload says more than was signed.
	bad
	python3 - $REL.bad/manifest.jws <<-'END'
		import base64, json, sys
		jws = json.load(open(sys.argv[1]))
		payload = base64.urlsafe_b64decode(jws["payload"] + "==")
		jws["payload"] = base64.urlsafe_b64encode(payload.replace(b'"number":3', b'"number":9')).decode().rstrip("=")
		json.dump(jws, open(sys.argv[1], "w"))
	END
	denied bad_signature 'has 0 signatures of release keys'
	# Somebody else's key.
	rm -rf $REL.bad
	agentauthctl fleet keygen --out $DESK/mallory.key --passphrase-file $DESK/pw >/dev/null 2>&1
	desk fleet sign $REL.bad --key $DESK/mallory.key --passphrase-file $DESK/pw --yes >/dev/null
	desk fleet sign $REL.bad --add --key $DESK/oncall.key --passphrase-file $DESK/pw --yes >/dev/null
	denied bad_signature 'has 0 signatures of release keys'
	# Frozen until it expired.
	rm -rf $REL.bad
	cp -a $REL $REL.frozen
	REL=$REL.frozen signed --expires 1s
	mv $REL.frozen $REL.bad
	sleep 1.1
	denied expired 'fleet release 4 expired at'
	# Over the ceiling, by people whose signatures are good.
	cp -a $DESK/conf $DESK/conf.fine
	desk role set operate --sudo '(root) /usr/bin/id' >/dev/null 2>&1
	cp -a $REL $REL.over
	REL=$REL.over signed
	rm -rf $REL.bad
	mv $REL.over $REL.bad
	denied role_denied 'which ceiling.sudo of fleet.conf does not cover'
	# The one that was meant is taken all the same.
	run agentauthctl fleet take $REL
	expect_status 0
	expect_output 'description: '
}

@test "a stop ends what an agent runs, outlasts rollback, apply and a carrier that forgets it, and ends by two people's lift" {
	local id pid
	runuser -u carried-1 -- sleep 1000 &
	until pid=$(pgrep -u carried-1 -x sleep); do sleep 0.1; done
	run agentauthctl fleet stop carried-1 --key $DESK/oncall.key --passphrase-file $DESK/pw
	expect_status 2
	expect_output 'name the release directory that it goes into by --dir'
	run agentauthctl fleet stop carried-1 --all --dir $REL --key $DESK/oncall.key --passphrase-file $DESK/pw
	expect_status 2
	expect_output 'say whom it stops one way: NAME, --role, --owner, --jti, --kid or --all'
	run agentauthctl fleet stop carried-1 --why 'deletes branches' --dir $REL --key $DESK/oncall.key --passphrase-file $DESK/pw
	expect_status 0
	id=$(sed -n 's/^The stop \([0-9a-f]*\) of agent carried-1 .*/\1/p' <<<"$output")
	run agentauthctl fleet take $REL
	expect_status 0
	expect_output "carried-1 is stopped: no login, no sudo, until $id is lifted"
	[ ! -e "/proc/$pid" ]
	expect_audit '.agent == "carried-1" and (.command // "" | endswith("(agent carried-1): deletes branches"))'
	run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/carried" "carried-1@$HOST" true
	expect_status 255
	run agentauthctl --json fleet status
	[ "$(jq -r '.stops[] | .kind + " " + .value + ": " + .why' <<<"$output")" = 'agent carried-1: deletes branches' ]
	# Nobody on the host takes it back, nor does a carrier that brings it no more.
	run agentauthctl resume carried-1
	expect_status 1
	expect_output 'carried-1 is stopped by the fleet, and comes back when that stop is lifted: agentauthctl fleet lift'
	agentauthctl rollback --yes >/dev/null
	agentauthctl apply >/dev/null
	mv $REL/stops $REL.stops
	rm "$STATE/state/suspended/carried-1"
	run agentauthctl fleet take $REL
	expect_status 0
	expect_output "carried-1 is stopped"
	mv $REL.stops $REL/stops
	# A stop key lifts nothing; two release keys do.
	run agentauthctl fleet lift "$id" --dir $REL --key $DESK/alice.key --passphrase-file $DESK/pw
	expect_status 0
	expect_output "A host takes it when as many release keys have signed as a release needs: agentauthctl fleet lift $id --dir"
	agentauthctl fleet take $REL >/dev/null
	run agentauthctl list --json
	expect_output '"suspended"'
	agentauthctl fleet lift "$id" --dir $REL --key $DESK/bob.key --passphrase-file $DESK/pw
	run agentauthctl fleet take $REL
	expect_status 0
	expect_output 'carried-1 may log in again: its stop was lifted'
	run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/carried" "carried-1@$HOST" true
	expect_status 0
}
