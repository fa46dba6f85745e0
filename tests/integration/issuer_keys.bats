#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Issuers' keys: found, fetched, refused, rotated by the issuer, and asked for by a login that lacks one.

load support
load agents
load key_server

CONF=/etc/agentauth/agentauth.conf

setup_file() {
	host_init
	corp_init
}
setup() {
	issuer_story
}
teardown_file() {
	stop_server
}

# ---- issuer refresh

@test "keys are found by discovery, and their tokens log in through the stock ssh" {
	rm -f "$KEYSET" "$KEYSET.etag"
	token_refused keys_stale k1
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from https://keys.example.com:8443/jwks; new: "k1"\.$'
	[ "$(stat -c '%a %U' "$KEYSET")" = '600 root' ]
	expect_audit '.event == "admin" and .issuer == "corp" and .result == "ok" and .keys == 1 and .keys_new == ["k1"] and .by == "root" and .host == "web01.example.com"'
	token_logs_in k1
	run agentauthctl issuer list
	expect_output '^corp +1 +20[0-9TZ:-]+ +20[0-9TZ:-]+ +https://keys.example.com:8443$'
	run agentauthctl issuer refresh corp --json
	expect_status 0
	[ "$(jq -c '.issuers[0] | [.name, .outcome, .keys, .new, .gone]' <<<"$output")" = '["corp","unchanged",1,[],[]]' ]
}

@test "RFC 8414 metadata do as well" {
	rm "$SERVER/answers/.well-known_openid-configuration.json" "$KEYSET"
	serve_text .well-known_oauth-authorization-server "$(jq -n --arg i "$ADDRESS" '{issuer: $i, jwks_uri: ($i + "/jwks")}')"
	run agentauthctl issuer refresh corp
	rm "$SERVER/answers/.well-known_oauth-authorization-server.json"
	expect_status 0
	expect_output 'corp: 1 key'
	[ "$(requests '^404 /.well-known/openid-configuration$')" -eq 1 ]
}

@test "a set that has not changed is not sent again, and is as new as if it had" {
	touch -d '20 hours ago' "$KEYSET"
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from .*, as before\.$'
	[ "$(requests '^304 /jwks$')" -eq 1 ]
	[ "$(($(date +%s) - $(stat -c %Y "$KEYSET")))" -lt 60 ]
	token_logs_in k1
	# What another address calls unchanged is not about what is here.
	cp "$SERVER/answers/jwks.json" "$SERVER/answers/moved.json"
	serve_metadata "$ADDRESS" "$ADDRESS/moved"
	agentauthctl issuer refresh corp
	[ "$(requests '^200 /moved$')" -eq 1 ]
	agentauthctl issuer refresh corp
	[ "$(requests '^304 /moved$')" -eq 1 ]
}

@test "what cannot be fetched or used changes nothing, and is told in words" {
	local sum mtime
	touch -d '2 hours ago' "$KEYSET"
	sum=$(sha256sum <"$KEYSET") mtime=$(stat -c %Y "$KEYSET")
	fails() { # WORDS
		run agentauthctl issuer refresh corp
		expect_status 1 && expect_output "agentauthctl: .*corp: .*$1.*; the keys that are here serve on, until 20" &&
			[ "$(sha256sum <"$KEYSET")" = "$sum" ] && [ "$(stat -c %Y "$KEYSET")" = "$mtime" ]
	}
	serve_text jwks '<html><body>Sign in</body></html>'
	fails 'a page of HTML and no key set'
	serve_text jwks '{"keys": ['
	fails 'is no JSON object that a key set could be'
	serve_text jwks '{"keys": {}}'
	fails 'has no array "keys"'
	serve_text jwks '{"keys": []}'
	fails 'has no key that can be used'
	serve_text jwks '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]}'
	fails 'has no key that can be used'
	serve jwks '{"size": 2000000}'
	fails 'answers with more than 1048576 bytes'
	serve jwks '{"status": 503}'
	fails 'answers with status 503'
	serve jwks '{"status": 404}'
	fails 'status 404: there is nothing at this address'
	serve jwks '{"status": 401}'
	fails 'name a file with one as bearer_file'
	serve jwks '{"status": 302, "headers": {"Location": "http://keys.example.com:8443/other"}}'
	fails 'redirects to where it must not'
	serve_keys "k1:$SERVER/k1.pem"
	serve_metadata "$ADDRESS/"
	fails 'must be the same to the letter'
	serve_metadata https://evil.example.com
	fails 'is of the issuer "https://evil.example.com"'
	serve_metadata "$ADDRESS" http://keys.example.com:8443/jwks
	fails 'not an https:// URL'
	serve_text .well-known_openid-configuration 'welcome'
	fails 'something else than its metadata'
	stop_server
	fails 'cannot be reached'
	expect_audit '.event == "admin" and .issuer == "corp" and .result == "error" and .reason == "fetch_failed" and (.detail | contains("cannot be reached"))'
	token_logs_in k1
}

@test "a server with a certificate of somebody else is not believed" {
	cp "$CONF" "$CONF.kept"
	sed -i '/ca_file = /d' "$CONF"
	agentauthctl apply >/dev/null
	run agentauthctl issuer refresh corp
	mv "$CONF.kept" "$CONF"
	agentauthctl apply >/dev/null
	expect_status 1
	expect_output 'cannot be trusted: .*name that with ca_file'
	agentauthctl issuer refresh corp
}

@test "keys that cannot be used are named and left out, and the others are taken" {
	openssl genrsa -out "$SERVER/weak.pem" 1024 2>/dev/null
	serve_keys "k1:$SERVER/k1.pem" "weak:$SERVER/weak.pem" "twin:$SERVER/k2.pem" "twin:$SERVER/k3.pem" \
		'{"kty":"EC","crv":"P-256","kid":"enc","use":"enc","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}' \
		'{"kty":"XYZ","kid":"future"}'
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from '
	expect_output 'left out: "weak": the key is too weak'
	expect_output 'left out: "enc": the key is not for verifying'
	expect_output 'left out: "future": the key is not for verifying'
	[ "$(grep -c 'left out: "twin": another key of the set has the same kid' <<<"$output")" -eq 2 ]
	run jq -c '[.keys[].kid]' "$KEYSET"
	expect_output '^\["k1"\]$'
	run grep -c x5c "$KEYSET"
	expect_output '^0$'
	token_logs_in k1
	token_refused unknown_key k2
}

@test "keys that are only shown to a bearer are fetched with its token" {
	serve hidden "$(jq -n --arg body "$("$HERE/jwks" "k2:$SERVER/k2.pem")" '{body: $body, bearer: "s3cret-token"}')"
	agentauthctl issuer add hidden --issuer https://hidden.example.com --jwks-uri "$ADDRESS/hidden" --ca-file /etc/agentauth/ca.pem >/dev/null
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'status 401: it shows this to a token.s bearer only'
	expect_output 'there are no keys of it here, and its tokens are refused'
	sed -i '/jwks_uri = ".*hidden";/a bearer_file = "/etc/agentauth/bearer";' "$CONF"
	agentauthctl apply >/dev/null
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'bearer_file /etc/agentauth/bearer cannot be used: it is not there'
	(umask 077 && echo s3cret-token >/etc/agentauth/bearer)
	run agentauthctl issuer refresh hidden
	expect_status 0
	expect_output '^hidden: 1 key'
	chmod 666 /etc/agentauth/bearer
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'others may write it'
	run grep -r s3cret "$STATE" /var/log/agentauth
	expect_status 1
}

@test "a jwks_file is read at the login itself, and checked by refresh" {
	"$HERE/jwks" "k3:$SERVER/k3.pem" >/etc/agentauth/filed.json
	agentauthctl issuer add filed --issuer https://filed.example.com --jwks-file /etc/agentauth/filed.json >/dev/null
	agentauthctl register filer --role deploy --bind filed:tokener >/dev/null
	run agentauthctl issuer refresh filed
	expect_status 0
	expect_output '^filed: 1 key from /etc/agentauth/filed.json, which logins read themselves\.$'
	run ssh_with "$(access_token k3 --claim 'iss="https://filed.example.com"')" "filer@$HOST" id -un
	expect_status 0
	"$HERE/jwks" "k2:$SERVER/k2.pem" >/etc/agentauth/filed.json
	run ssh_with "$(access_token k3 --claim 'iss="https://filed.example.com"')" "filer@$HOST" id -un
	expect_status 255
	echo '{}' >/etc/agentauth/filed.json
	run agentauthctl issuer refresh filed
	expect_status 1
	expect_output 'filed: its jwks_file /etc/agentauth/filed.json has no array "keys"'
	[ ! -e "$STATE/keys/filed" ]
}

@test "refresh is of every issuer, or of those that are named, and never of both" {
	# Tests before this one broke one of them: of every issuer there is a line, and the status is of the worst.
	run agentauthctl issuer refresh
	expect_status 1
	expect_output '^corp: 1 key .* as before'
	expect_output '^agentauthctl: filed: '
	run agentauthctl issuer refresh corp --all
	expect_status 2
	expect_output 'say whose keys one way'
	run agentauthctl issuer refresh nobody
	expect_status 1
	expect_output 'there is no issuer "nobody"'
	run agentauthctl issuer refresh corp --dry-run
	expect_status 0
	expect_output 'Nothing was written'
}

# ---- a login that lacks a key

@test "a new key of the issuer: refused, marked, fetched by --due, and good" {
	token_logs_in k1
	serve_keys "k2:$SERVER/k2.pem"
	[ ! -e /run/agentauth/refresh/corp ]
	token_refused unknown_key k2
	[ -f /run/agentauth/refresh/corp ]
	[ "$(stat -c '%a %U' /run/agentauth/refresh)" = '700 root' ]
	[ "$(requests .)" -eq 0 ]
	run agentauthctl issuer refresh --due
	expect_status 0
	expect_output '^corp: 1 key from .*; new: "k2"; gone: "k1"\.$'
	[ ! -e /run/agentauth/refresh/corp ]
	token_logs_in k2
	token_refused unknown_key k1
}

@test "keys that nobody fetched for too long are not used, until they are fetched" {
	touch -d '25 hours ago' "$KEYSET"
	run agentauthctl issuer list
	expect_output '^corp .*! +https://keys.example.com:8443'
	run agentauthctl issuer list --json
	[ "$(jq '.issuers[] | select(.name == "corp") | .fresh' <<<"$output")" = false ]
	token_refused keys_stale k1
	[ -f /run/agentauth/refresh/corp ]
	stop_server
	run agentauthctl issuer refresh --due
	expect_status 1
	expect_output 'the keys that are here are too old, and its tokens are refused'
	token_refused keys_stale k1
	start_server
	touch -d '61 seconds ago' /run/agentauth/refreshed
	run agentauthctl issuer refresh --due
	expect_status 0
	token_logs_in k1
}

@test "many tokens with unknown keys make one mark, and ask the issuer once a minute at most" {
	local i began
	for i in 1 2 3 4 5; do
		run ssh_with "$(access_token k3 --header "kid=\"random-$i\"")" "tokener@$HOST" true
		expect_status 255
	done
	[ "$(find /run/agentauth/refresh -type f | wc -l)" -eq 1 ]
	[ "$(find /run/agentauth/refresh -type f -size +0 | wc -l)" -eq 0 ]
	agentauthctl issuer refresh --due >/dev/null
	[ "$(requests ' /jwks$')" -eq 1 ]
	run ssh_with "$(access_token k3 --header 'kid="random-6"')" "tokener@$HOST" true
	expect_status 255
	[ -e /run/agentauth/refresh/corp ]
	# Within the minute it waits, with the mark in place.
	run timeout 1 agentauthctl issuer refresh --due
	expect_status 124
	[ -e /run/agentauth/refresh/corp ]
	[ "$(requests ' /jwks$')" -eq 1 ]
	touch -d '50 seconds ago' /run/agentauth/refreshed
	began=$(date +%s%N)
	agentauthctl issuer refresh --due >/dev/null
	[ "$((($(date +%s%N) - began) / 1000000))" -ge 1000 ]
	[ "$(requests ' /jwks$')" -eq 2 ]
	[ ! -e /run/agentauth/refresh/corp ]
}

@test "a mark that nothing can be done about takes its turn as well, and goes" {
	run ssh_with "$(access_token k3 --header 'kid="random"' --claim 'iss="https://filed.example.com"')" "filer@$HOST" true
	expect_status 255
	[ -e /run/agentauth/refresh/filed ]
	run agentauthctl issuer refresh --due
	expect_status 0
	expect_output '^$'
	[ -e /run/agentauth/refreshed ] && [ ! -e /run/agentauth/refresh/filed ]
	touch /run/agentauth/refresh/filed
	run timeout 1 agentauthctl issuer refresh --due
	expect_status 124
	rm /run/agentauth/refresh/filed
	[ "$(requests .)" -eq 0 ]
}

@test "--due asks for what has aged, and for nothing else" {
	agentauthctl issuer refresh --due
	[ "$(requests .)" -eq 0 ]
	rm -f /run/agentauth/refreshed
	touch -d '61 minutes ago' "$KEYSET"
	run agentauthctl issuer refresh --due
	expect_output '^corp: 1 key .* as before'
	[ "$(requests ' /jwks$')" -eq 1 ]
}

@test "the line for cron fetches keys" {
	# At cron's beginning, in the place of every minute.
	sed 's/^\* \* \* \* \*/@reboot/' /usr/share/agentauth/cron.d/agentauth-refresh >/etc/cron.d/agentauth-refresh
	grep -q '^@reboot root /usr/sbin/agentauthctl issuer refresh --due' /etc/cron.d/agentauth-refresh
	rm "$KEYSET"
	cron_until_file "$KEYSET"
	rm /etc/cron.d/agentauth-refresh
	token_logs_in k1
}

@test "the units of systemd are well-formed, and watch where logins leave marks" {
	run systemd-analyze verify --man=no /usr/lib/systemd/system/agentauth-refresh.{path,timer,service}
	expect_status 0
	expect_no_output 'nknown|gnoring|rror|not executable'
	grep -qx 'DirectoryNotEmpty=/run/agentauth/refresh' /usr/lib/systemd/system/agentauth-refresh.path
	grep -qx 'ExecStart=/usr/sbin/agentauthctl issuer refresh --due' /usr/lib/systemd/system/agentauth-refresh.service
	run find /etc/systemd /usr/lib/systemd -path '*.wants/agentauth*' # nothing is enabled by being installed
	expect_output '^$'
}
