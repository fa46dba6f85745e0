#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Agents from a table or from JSON: all of them at once or none, every mistake by its place, and what strangers put into a
# table ends nowhere.

load support
load agents
load golden

TABLES=/run/tables

setup_file() {
	host_init
	mkdir -p "$TABLES"
	local i
	for i in one two four five; do dev ssh-keygen -q -t ed25519 -N '' -C "$i" -f "$KEYS/$i"; done
	dev agentauth keygen --out "$KEYS/three.pem" >"$KEYS/three.pub" 2>/dev/null
}
setup() {
	cd "$TABLES" || return
	audit_mark
}

unchanged_by() { # COMMAND...: it fails, and the text and what serves are as they were
	local before
	before=$(sha256sum /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf "$STATE/ids"; readlink "$STATE/current")
	run "$@"
	expect_status 1
	[ "$before" = "$(sha256sum /etc/agentauth/agents.d/* /etc/agentauth/agentauth.conf "$STATE/ids"; readlink "$STATE/current")" ]
}
generation() {
	readlink "$STATE/current"
}

@test "a table's agents are registered in one publish, and log in" {
	local before
	cat >team.csv <<-END
		name,uid,owner,roles,keys,expires,sources,local-user,Description,max_sessions
		web-1,70100,alice@example.com,deploy;logs,$(cat "$KEYS/one.pub"),2037-01-31,10.0.0.0/8; ::1;127.0.0.0/8,dev,"Builds, ""quickly""",2
		web-2,,bob@example.com,deploy,"$(cat "$KEYS/two.pub")
		$(cat "$KEYS/four.pub")",,,,=cmd|' /C calc'!A0,
		web-3,,,,,,,,,
	END
	before=$(generation)
	turn dry-run agentauthctl import team.csv --dry-run
	[ "$(generation)" = "$before" ]
	turn table agentauthctl import team.csv
	[ "$(id -u web-1) $(id -u web-2) $(id -u web-3)" = '70100 70000 70001' ]
	grep -Fx 'description = "Builds, \"quickly\"";' /etc/agentauth/agents.d/web-1.conf
	run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/one" "web-1@$HOST" id -un
	expect_output '^web-1$'
	for key in two four; do
		run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/$key" "web-2@$HOST" id -un
		expect_output '^web-2$'
	done
	[ "$(audit_since_mark | jq -r 'select(.event == "admin" and .agent != null) | .agent' | sort | xargs)" = 'web-1 web-2 web-3' ]
	turn again agentauthctl import team.csv
}

@test "agents that are there are changed with --update: what the table names, and nothing else" {
	agentauthctl set web-1 --no-role logs >/dev/null
	printf 'name,owner,keys\nweb-1,carol@example.com,%s\nnew-1,,\n' "$(cat "$KEYS/one.pub")" >update.csv
	unchanged_by agentauthctl import update.csv
	turn update agentauthctl import update.csv --update
	grep -Fx 'owner = "carol@example.com";' /etc/agentauth/agents.d/web-1.conf
	grep -Fx 'roles = [ "deploy" ];' /etc/agentauth/agents.d/web-1.conf
	printf 'name,uid\nweb-1,70555\n' >uid.csv
	turn update-uid agentauthctl import uid.csv --update
}

@test "every mistake of a table is named by its line and column, and nothing is changed" {
	cat >bad.csv <<-'END'
		name,uid,owner,roles,keys,expires,max_sessions
		Bad-Name,70200,x,deploy,,,
		dup,,x,deploy,,,
		dup,,x,deploy,,,
		no-role,,x,deploy;nope,,,
		bad-key,70300,x,deploy,garbage,,
		bad-time,70301,x,deploy,,yesterday,many
		low,1,x,deploy,,,
		,,x,deploy,,,
		docker,,x,deploy,,,
		short,70302
	END
	unchanged_by agentauthctl import bad.csv
	turn mistakes agentauthctl import bad.csv
	printf 'name,bindings\nweb-9,corp\n' >binding.csv
	turn binding agentauthctl import binding.csv
	printf 'name;owner\na;b\n' >semicolons.csv
	turn semicolons agentauthctl import semicolons.csv
	printf 'name,ownr,name\nweb-9,x,y\n' >columns.csv
	turn columns agentauthctl import columns.csv
	printf 'name,owner\nweb-9,"x\n' >open.csv
	turn open-quote agentauthctl import open.csv
	printf 'name,owner\nweb-9,"x"y\nweb-8,a"b\n' >quotes.csv
	turn quotes agentauthctl import quotes.csv
	turn nothing agentauthctl import /dev/null
	turn no-file agentauthctl import none.csv
	printf 'name,owner\n' >empty.csv
	turn empty agentauthctl import empty.csv
}

@test "JSON is taken as the agents' files have it, with keys in other forms, and its mistakes are named by their place" {
	jq -n --arg five "$(cat "$KEYS/five.pub")" '[{name: "js-1", uid: 70400, roles: ["logs"], keys: [$five],
		delegation: {local_users: ["dev"]}, description: "two\u00a0words"}]' >good.json
	turn json agentauthctl import - <good.json
	run dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$KEYS/five" "js-1@$HOST" id -un
	expect_output '^js-1$'
	cat >bad.json <<-'END'
		{"agents": [
		  {"name": "js-2", "uid": 1.5, "roles": ["deploy", "nope"]},
		  {"name": "js-3", "owner": null, "x; uid = 0": true},
		  {"name": "js-4", "unknown": 1, "keys": [{"pem": "x"}, "y"]},
		  {"uid": 70500}, "js-5",
		  {"name": 5, "roles": [[[[[[["deploy"]]]]]]]}
		], "more": 1}
	END
	unchanged_by agentauthctl import bad.json
	turn json-mistakes agentauthctl import bad.json
	echo '{"agents": [{"name": "a", "name": "b"}]}' >twice.json
	turn json-twice agentauthctl import twice.json
	echo '{"agents": {"name": "a"}}' >shape.json
	turn json-shape agentauthctl import shape.json
}

@test "a private half in a table or in JSON is refused, and is nowhere afterwards" {
	printf 'name,keys\nleak-1,"%s"\n' "$(cat "$KEYS/three.pem")" >private.csv
	unchanged_by agentauthctl import private.csv
	expect_output 'private.csv:2:8: .*holds a private key'
	jq -n --rawfile k "$KEYS/three.pem" '[{name: "leak-2", keys: [{kid: "a", pem: $k}]}]' >private.json
	unchanged_by agentauthctl import private.json
	expect_output 'private.json:.*is a private key'
	run grep -rlF -e "$(sed -n 2p "$KEYS/three.pem")" /etc/agentauth "$STATE" /var/log/agentauth
	expect_status 1
	printf 'name,keys\nleak-1,"%s"\n' "$(cat "$KEYS/three.pub")" >public.csv
	run agentauthctl import public.csv
	expect_status 0
}

@test "what strangers put into a table is refused by its place, or shown as what it is" {
	printf 'name,owner\nodd-1,a\0b\n' >nul.csv
	unchanged_by agentauthctl import nul.csv
	expect_output 'nul.csv:2:8: this is a zero byte'
	printf 'name,owner\nodd-1,a\xffb\n' >latin.csv
	unchanged_by agentauthctl import latin.csv
	expect_output 'latin.csv:2:8: this is not UTF-8'
	printf 'name,owner\nodd-1,"a\x1b[2Jb"\nodd-2,"a\u202eb"\n' >control.csv
	unchanged_by agentauthctl import control.csv
	expect_output 'control.csv:2:7: owner: .*holds a control character|control.csv:2:7: owner: '
	expect_output 'control.csv:3:7: owner: '
	expect_no_output $'\x1b'
	for name in ../../etc/passwd '-x' 'a b' "\$(id)" root agents "$(printf 'n%.0s' {1..40})"; do
		printf 'name,owner\n"%s",x\n' "$name" >name.csv
		unchanged_by agentauthctl import name.csv
		expect_output 'name.csv:2:1: '
	done
	head -c 70000000 /dev/zero >huge.csv
	unchanged_by agentauthctl import huge.csv
	expect_output 'is longer than 65536 KiB'
	rm huge.csv
	for deep in '[' '{"a":' '[{"name":"d","x":'; do
		printf "$deep%.0s" $(seq 100000) >deep.json
		unchanged_by agentauthctl import deep.json
		expect_output 'deep.json:1:[0-9]+: this is no JSON: maximum parsing depth reached'
	done
	printf 'name%s\n' "$(printf ',c%.0s' {1..20000})" >wide.csv
	unchanged_by agentauthctl import wide.csv
	expect_output 'and [0-9]+ more'
	# Positive control: marks and line ends of spreadsheets, and an owner that is a formula to them.
	printf '\xef\xbb\xbfName,Owner\r\nodd-1,"=HYPERLINK(""x"")"\r\n\r\n' >sheet.csv
	run agentauthctl import sheet.csv
	expect_status 0
	grep -Fx 'owner = "=HYPERLINK(\"x\")";' /etc/agentauth/agents.d/odd-1.conf
}

@test "ten thousand agents come in one publish, in seconds" {
	local begin i
	for ((i = 0; i < 10000; i++)); do printf 'bulk-%05d,o%d@example.com,deploy\n' $i $i; done | sed '1i name,owner,roles' >ten.csv
	begin=$SECONDS
	run agentauthctl import ten.csv --json
	expect_status 0
	echo "10,000 agents took $((SECONDS - begin)) s" >&3
	((SECONDS - begin < 30))
	[ "$(jq .imported <<<"$output")" -eq 10000 ]
	id bulk-09999
	agentauthctl export --json >ten.json 2>/dev/null
	begin=$SECONDS
	run agentauthctl import ten.json --update
	expect_output 'Nothing has changed'
	((SECONDS - begin < 60))
	[ -z "$(find /etc/agentauth -name '.*')" ]
}
