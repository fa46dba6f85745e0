#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A fleet's releases come to a host by a real slapd with TLS, set up as it is shipped: they are pushed, changed, renamed and deleted,
# while servers end and begin, the cookie is lost and agentauth-sync is killed.

# shellcheck disable=SC2030,SC2031,SC2154  # bats gives order
load support

BASE=ou=agentauth,dc=example,dc=com
FLEET=/srv/fleet
INCOMING=$FLEET/incoming
DIRECTORY_URL=ldaps://localhost:6636

setup_file() {
	getent passwd agentauth-sync >/dev/null || useradd --system --user-group --no-create-home agentauth-sync
	install -d $FLEET $FLEET/second
	install -d -o agentauth-sync $INCOMING $FLEET/state
	/usr/share/agentauth/ldap/trial-slapd $FLEET/directory 6636 3>&- >$FLEET/trial.conf
	install -o agentauth-sync -m 600 $FLEET/directory/host.password $FLEET/password
	sed "s|$FLEET/directory/host.password|$FLEET/password|; s|$DIRECTORY_URL\"|ldaps://localhost:6637\", \"$DIRECTORY_URL\"|" \
		$FLEET/trial.conf >$FLEET/sync.conf
	make_release first 'roles = { };' 'uid = 70001;'
	start_sync
}

teardown_file() {
	end_sync
	kill "$(cat $FLEET/directory/pid)"
}

start_sync() {
	setpriv --reuid agentauth-sync --regid agentauth-sync --clear-groups agentauth-sync --config $FLEET/sync.conf --incoming $INCOMING \
		--state $FLEET/state 2>>$FLEET/log 3>&- &
	echo $! >$FLEET/sync.pid
	disown
}
end_sync() { # [SIGNAL]
	kill "${1:--TERM}" "$(cat $FLEET/sync.pid)"
	wait_until none_runs '^agentauth-sync'
}

# What fleet sign makes, as far as it is looked at on the way: the manifest in general serialization, and what it names.
make_release() { # NAME TEXT...
	local dir=$FLEET/$1 text hex names='' payload
	shift
	install -d "$dir/files" "$dir/stops"
	for text in "$@"; do
		hex=$(printf %s "$text" | sha256sum | cut -d' ' -f1)
		printf %s "$text" >"$dir/files/$hex"
		names+="${names:+,}\"agents.d/$hex.conf\":\"$hex\""
	done
	payload=$(printf '{"files":{%s}}' "$names" | base64 -w0 | tr '+/' '-_' | tr -d =)
	printf '{"payload":"%s","signatures":[]}' "$payload" >"$dir/manifest.jws"
}
push() { # NAME [OPTION]...
	local name=$1
	shift
	agentauthctl fleet push "$FLEET/$name" --to $DIRECTORY_URL/$BASE --bind-dn cn=publisher,ou=operators,$BASE \
		--password-file $FLEET/directory/publisher.password --ca-file $FLEET/directory/ca.pem "$@"
}
as_publisher() { # COMMAND: of ldap-utils
	local command=$1
	shift
	LDAPTLS_CACERT=$FLEET/directory/ca.pem "$command" -x -H $DIRECTORY_URL -D cn=publisher,ou=operators,$BASE \
		-y $FLEET/directory/publisher.password "$@"
}
as_host() { # COMMAND: of ldap-utils
	local command=$1
	shift
	LDAPTLS_CACERT=$FLEET/directory/ca.pem "$command" -x -H $DIRECTORY_URL -D cn=web01,ou=hosts,$BASE -y $FLEET/password "$@"
}

# The folder is the release, and has nothing besides.
is_there() { # NAME
	cmp -s "$FLEET/$1/manifest.jws" $INCOMING/manifest.jws && diff -q -r "$FLEET/$1/files" $INCOMING/files >/dev/null
}

@test "a release that is pushed is there, another takes its place whole, and what it does not name goes" {
	run agentauthctl fleet push $FLEET/first
	expect_status 2
	expect_output '--to says which directory the release is written into'
	run agentauthctl fleet push $FLEET/first --to $DIRECTORY_URL/$BASE
	expect_status 2
	expect_output 'give --bind-dn and --password-file, or --sasl'
	run push first
	expect_status 0
	expect_output 'Files added: 2, removed: 0; stops added: 0. The manifest is written.'
	wait_until is_there first
	# The first server of the settings does not answer.
	grep -q 'ldaps://localhost:6637: .*; next ldaps://localhost:6636 in 0.0 s' $FLEET/log

	make_release second 'roles = { };' 'uid = 70002;' 'uid = 70003;'
	run push second --dry-run
	expect_output 'Files would be added: 2, removed: 1'
	wait_until is_there first
	run push second --json
	expect_status 0
	[ "$(jq -r '[.files_added, .files_removed, .manifest_changed] | @text' <<<"$output")" = '[2,1,true]' ]
	wait_until is_there second
	run push second
	expect_output 'Files added: 0, removed: 0; stops added: 0. The manifest is there already.'
}

@test "a stop comes at once and goes again, and a manifest that was prepared under another name comes by a rename" {
	local hex prepared
	mkdir -p $FLEET/second/stops
	printf '{"payload":"e30","signatures":[]}' >$FLEET/stop
	hex=$(sha256sum $FLEET/stop | cut -d' ' -f1)
	cp $FLEET/stop $FLEET/second/stops/"$hex.jws"
	push second
	wait_until cmp -s $FLEET/stop "$INCOMING/stops/$hex.jws"
	wait_until grep -qx "$hex.jws" $INCOMING/stops/index
	# Who may stop adds stops, and takes none away.
	run env LDAPTLS_CACERT=$FLEET/directory/ca.pem ldapdelete -x -H $DIRECTORY_URL -D cn=stopper,ou=operators,$BASE \
		-y $FLEET/directory/stopper.password "agentauthDigest=$hex,ou=stops,$BASE"
	expect_output 'Insufficient access'
	as_publisher ldapdelete "agentauthDigest=$hex,ou=stops,$BASE"
	wait_until test ! -e "$INCOMING/stops/$hex.jws"
	wait_until test ! -s $INCOMING/stops/index

	make_release third 'roles = { };' 'uid = 70003;'
	prepared=$(base64 -w0 $FLEET/third/manifest.jws)
	as_publisher ldapadd <<<"$(printf 'dn: cn=next,%s\nobjectClass: agentauthManifest\ncn: next\nagentauthContent:: %s\n' "$BASE" "$prepared")"
	as_publisher ldapdelete "cn=manifest,$BASE"
	wait_until test ! -e $INCOMING/manifest.jws
	as_publisher ldapmodrdn -r "cn=next,$BASE" cn=manifest
	wait_until cmp -s $FLEET/third/manifest.jws $INCOMING/manifest.jws
	grep -q 'refused an entry, cn=next,.*: it is no name of a release' $FLEET/log
}

@test "the server ends and begins, the daemon is killed, the cookie is lost: what changed meanwhile comes" {
	local i
	kill "$(cat $FLEET/directory/pid)"
	wait_until test ! -e $FLEET/directory/pid
	$FLEET/directory/start 3>&-
	make_release fourth 'roles = { };' 'uid = 70004;'
	wait_until push fourth
	wait_until is_there fourth

	# While it is down a file comes and another goes; it goes on from its cookie.
	end_sync -KILL
	push second
	start_sync
	wait_until is_there second
	# And at any moment of a release's coming.
	for i in 1 2 3 4 5 6; do
		push "$([ $((i % 2)) = 0 ] && echo second || echo fourth)" &
		sleep "0.0$i"
		kill -KILL "$(cat $FLEET/sync.pid)"
		wait $!
		start_sync
	done
	wait_until is_there second

	# Without its state it takes all anew, and takes away what is in the directory no more.
	end_sync
	: >$FLEET/state/ldap
	cp $FLEET/first/files/* $INCOMING/files/
	touch $INCOMING/files/.killed.1
	start_sync
	wait_until is_there second
	[ ! -e $INCOMING/files/.killed.1 ]
}

@test "a host writes its own entry alone, and reads no other's" {
	printf 'dn: cn=web02,ou=hosts,%s\nobjectClass: agentauthHost\ncn: web02\n' "$BASE" |
		ldapadd -Q -Y EXTERNAL -H ldapi://%2Fsrv%2Ffleet%2Fdirectory%2Fsocket
	run as_host ldapmodify <<<"$(printf 'dn: cn=web01,ou=hosts,%s\nchangetype: modify\nreplace: agentauthStatus\nagentauthStatus: {}\n-\nadd: agentauthAuditHead\nagentauthAuditHead: 1\n' "$BASE")"
	expect_status 0
	run as_host ldapmodify <<<"$(printf 'dn: cn=web01,ou=hosts,%s\nchangetype: modify\ndelete: agentauthAuditHead\nagentauthAuditHead: 1\n' "$BASE")"
	expect_output 'Insufficient access'
	run as_host ldapmodify <<<"$(printf 'dn: cn=web02,ou=hosts,%s\nchangetype: modify\nreplace: agentauthStatus\nagentauthStatus: {}\n' "$BASE")"
	expect_output 'Insufficient access|No such object'
	run as_host ldapsearch -LLL -s base -b "cn=web01,ou=hosts,$BASE" agentauthStatus
	expect_output '^agentauthStatus: '
	run as_host ldapsearch -LLL -s base -b "cn=web02,ou=hosts,$BASE"
	expect_output 'No such object'
	run as_host ldapdelete "cn=manifest,$BASE"
	expect_output 'Insufficient access'
}

# A server as any other for HTTPS, with the folder of a release.
@test "over HTTPS the same files come from a folder, and only what has changed is fetched" {
	local pid
	end_sync
	cat >$FLEET/sync.conf <<-END
		https = { url = "https://localhost:6638/second"; ca_file = "$FLEET/directory/ca.pem"; interval = 10; };
	END
	rm -rf ${INCOMING:?}/*
	(cd $FLEET/second/stops && printf '%s\n' *.jws >index)
	# s_server of OpenSSL knows no ETag: the second look fetches the manifest again, and no file.
	(cd $FLEET && exec openssl s_server -accept 6638 -cert directory/cert.pem -key directory/key.pem -WWW >$FLEET/https.log 2>&1 3>&-) &
	pid=$!
	wait_until grep -q ACCEPT $FLEET/https.log
	start_sync
	wait_until is_there second
	wait_until cmp -s $FLEET/second/stops/index $INCOMING/stops/index
	kill $pid
}
