#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What both tools tell about identity providers, their keys and their tokens, taken from what is printed and done to the letter.
# Which sentence is carried out by which test is in orders.table.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a shell of its own; the loaded files use the variables
load support
load advice
load key_server

CONF=/etc/agentauth/agentauth.conf
CONFIG=/home/dev/.config/agentauth/config

setup_file() {
	host_init
	install -d -m 0700 -o dev -g dev /home/dev/.config /home/dev/.config/agentauth
}
teardown_file() {
	stop_server
	people_have_ssh_and_sudo
}
setup() {
	log_mark
	audit_mark
	cp -a $CONF "$BATS_TEST_TMPDIR/conf"
	cd /root || return
}
teardown() {
	agentauthctl apply --yes >/dev/null 2>&1 || text_as_before
}
text_as_before() {
	cp -a "$BATS_TEST_TMPDIR/conf" $CONF
	agentauthctl apply --yes
}
# A setting goes into the block of the issuer that the text has last.
into_block() { # ISSUER LINE
	sed -i "/^	$1 = {\$/a \\		$2" $CONF
}

@test "no issuer yet, and what its block needs besides" {
	for order in list refresh; do
		run agentauthctl issuer $order
		told 'There is no issuer; (agentauthctl issuer add) makes one'
	done
	mkdir -p "$SERVER"
	run sh -c "$order first --provider google"
	expect_status 0
	told 'Its keys are fetched by: (agentauthctl issuer refresh first).*An agent is bound to it by: (agentauthctl set AGENT --bind first:CLIENT)'
	set -- "${BASH_REMATCH[@]:1}"
	agentauthctl register bound --role deploy
	order=$2
	obey AGENT bound CLIENT 112233
	agentauthctl retire bound
	sed -i '/^issuers = {/,/^};/d' $CONF
	agentauthctl apply --yes
	corp_init
	refused_and_told 'there is no issuer "nix"; (agentauthctl issuer list) shows those that there are' agentauthctl issuer refresh nix
	obey
	told 'corp +- +never'
	refused_and_told 'say whose keys one way: NAME..., (--all) .*, or (--due)' agentauthctl issuer refresh corp --all
	done_now agentauthctl issuer refresh "$order"
	done_now agentauthctl issuer refresh "${BASH_REMATCH[2]}"
	refused_and_told 'there is an issuer corp already; (agentauthctl issuer set corp) changes it' \
		agentauthctl issuer add corp --issuer https://x.example.com
	done_now sh -c "$order --max-token-ttl 1800"
	token_logs_in k1
}

@test "keys that are missing: the log says what fetches them, and a token logs in" {
	rm -f "$KEYSET" "$KEYSET.etag"
	sed -i.kept 's/pam_agentauth.so/& debug/' /etc/pam.d/sshd
	run ssh_with "$(access_token k1)" "tokener@$HOST" true
	expect_status 255
	run log_since_mark
	mv /etc/pam.d/sshd.kept /etc/pam.d/sshd
	told "the issuer's keys are missing or too old; run (agentauthctl issuer refresh)"
	obey
	token_logs_in k1
}

@test "a credential of a clock that is ahead: once the clocks are compared it logs in" {
	local now
	sed -i.kept 's/pam_agentauth.so/& debug/' /etc/pam.d/sshd
	now=$(date +%s)
	run ssh_with "$(access_token k1 --claim "nbf=$((now + 200))" --claim "exp=$((now + 260))")" "tokener@$HOST" true
	expect_status 255
	run log_since_mark
	mv /etc/pam.d/sshd.kept /etc/pam.d/sshd
	told 'the credential is not valid yet; compare the clocks'
	token_logs_in k1 --claim "nbf=$(date +%s)"
}

@test "keys that cannot be fetched: certificate, address, bearer, metadata" {
	# A server of one's own authority.
	sed -i '/ca_file = /d' $CONF
	agentauthctl apply >/dev/null
	refused_and_told 'if it has a certificate of your own authority, name that with (ca_file)' agentauthctl issuer refresh corp
	into_block corp "$order = \"/etc/agentauth/ca.pem\";"
	agentauthctl apply >/dev/null
	done_now agentauthctl issuer refresh corp
	stop_server
	refused_and_told 'see that this host can reach it' agentauthctl issuer refresh corp
	start_server
	done_now agentauthctl issuer refresh corp
	serve hidden "$(jq -n --arg body "$("$HERE/jwks" "k2:$SERVER/k2.pem")" '{body: $body, bearer: "s3cret-token"}')"
	agentauthctl issuer add hidden --issuer https://hidden.example.com --jwks-uri "$ADDRESS/hidden" --ca-file /etc/agentauth/ca.pem >/dev/null
	refused_and_told "it shows this to a token's bearer only; name a file with one as (bearer_file)" agentauthctl issuer refresh hidden
	(umask 077 && echo s3cret-token >/etc/agentauth/bearer)
	into_block hidden "$order = \"/etc/agentauth/bearer\";"
	agentauthctl apply >/dev/null
	done_now agentauthctl issuer refresh hidden
	serve_metadata "$ADDRESS/other"
	refused_and_told "is of the issuer \"([^\"]+)\", and configured is .*; set (issuer) to what it says" agentauthctl issuer refresh corp
	sed -i "s|issuer = \"$ADDRESS\";|${BASH_REMATCH[2]} = \"$order\";|" $CONF
	agentauthctl apply >/dev/null
	serve .well-known_openid-configuration '{"status": 404}'
	serve_text other_.well-known_openid-configuration "$(jq -n --arg issuer "$order" --arg uri "$ADDRESS/jwks" '{issuer: $issuer, jwks_uri: $uri}')"
	done_now agentauthctl issuer refresh corp
	serve_text other_.well-known_openid-configuration "$(jq -n --arg issuer "$order" '{issuer: $issuer}')"
	refused_and_told 'does not say where its keys are \(jwks_uri\); name the address with (jwks_uri)' agentauthctl issuer refresh corp
	sed -i "/^	corp = {\$/,/^	};/s|discovery = true;|$order = \"$ADDRESS/jwks\";|" $CONF
	agentauthctl apply >/dev/null
	done_now agentauthctl issuer refresh corp
	text_as_before
	serve_metadata "$ADDRESS"
}

@test "where keys come from is said once; a file of keys; a directory of keys that is gone" {
	into_block corp 'jwks_uri = "https://keys.example.com:8443/jwks";'
	refused_and_told 'set exactly one of discovery = true, jwks_uri and jwks_file' agentauthctl check
	sed -i '/jwks_uri/d' $CONF
	done_now agentauthctl check
	sed -i "/^	corp = {\$/,/^	};/s|discovery = true;|jwks_file = \"/etc/agentauth/filed.json\";|" $CONF
	refused_and_told 'its keys come from a file, and nothing is fetched: take (ca_file) away' agentauthctl check
	sed -i "/$order/d" $CONF
	agentauthctl apply --yes >/dev/null
	echo '{}' >/etc/agentauth/filed.json
	refused_and_told 'put a JSON Web Key Set \(RFC 7517\) there' agentauthctl issuer refresh corp
	"$HERE/jwks" "k1:$SERVER/k1.pem" >/etc/agentauth/filed.json
	done_now agentauthctl issuer refresh corp
	token_logs_in k1
	text_as_before
	mv "$STATE/keys" kept-keys
	echo >"$STATE/keys"
	refused_and_told 'cannot be opened as a directory: .*; move away what is there, and run this command again' agentauthctl issuer refresh corp
	mv "$STATE/keys" in-the-way
	done_now agentauthctl issuer refresh corp
	token_logs_in k1
}

@test "one token that could be of two agents" {
	done_now agentauthctl register second --role deploy --bind corp:second
	refused_and_told 'write ISSUER:CLIENT, an issuer.s name' agentauthctl set second --bind corp
	local subject
	refused_and_told 'Bind another client, or have require demand what only the one has, or (subject) where the issuer.s (delegation) is "(never)"' \
		agentauthctl set second --bind corp:tokener
	subject=$order
	agentauthctl retire second
	sed -i "/^	corp = {\$/,/^	};/s/${BASH_REMATCH[2]} = .*/${BASH_REMATCH[2]} = \"${BASH_REMATCH[3]}\";/" $CONF
	agentauthctl apply
	agentauthctl set tokener --no-bind corp:tokener >/dev/null
	agentauthctl set tokener --bind corp:tokener --subject one >/dev/null
	done_now agentauthctl register third --role deploy --bind corp:tokener "--$subject" two
	agentauthctl retire third
	agentauthctl set tokener --no-bind corp:tokener >/dev/null
	agentauthctl set tokener --bind corp:tokener >/dev/null
	text_as_before
}

@test "an issuer that agents are bound to is removed once the bindings are taken away" {
	agentauthctl issuer add leaving --issuer https://leaving.example.com --jwks-uri "$ADDRESS/leaving" >/dev/null
	agentauthctl register stayer --role deploy --bind leaving:one --bind corp:stayer >/dev/null
	agentauthctl register leaver --role deploy --bind leaving:two >/dev/null
	refused_and_told '2 bindings of agents name the issuer leaving.* Take them away first; nothing was changed:' agentauthctl issuer remove leaving
	grep -E '^  agentauthctl set' <<<"$output" >bindings
	while read -r order; do
		obey
	done <bindings
	[ "$(wc -l <bindings)" -eq 2 ]
	done_now agentauthctl issuer remove leaving
	run agentauthctl --json show stayer
	[ "$(jq -c '[.. | .issuer? // empty] | unique' <<<"$output")" = '["corp"]' ]
	token_logs_in k1
	agentauthctl retire stayer
	agentauthctl retire leaver
}

add() { # OPTION...: what it would write
	run agentauthctl issuer add trial --dry-run "$@"
}
add_refused() { # REGEX OPTION...
	local regex=$1
	shift
	refused_and_told "$regex" agentauthctl issuer add trial --dry-run "$@"
}
added() { # OPTION...
	add "$@"
	expect_status 0
}

@test "issuer add says what is missing, what is too much and what is meant" {
	local tenant=11111111-2222-3333-4444-555555555555
	add_refused 'entra needs (--tenant): the Directory \(tenant\) ID' --provider entra --audience a
	added --provider entra --audience a "$order" $tenant
	add_refused "must be the tenant's ID \(8-4-4-4-12 hexadecimal digits\), not its domain" --provider entra --audience a --tenant example.com
	add_refused '--token-version is (1) or 2, as the API.s registration has it' --provider entra --audience a --tenant $tenant --token-version 3
	added --provider entra --audience a --tenant $tenant --token-version "$order"
	add_refused '--tenant says what the issuer is: leave --issuer out' --provider entra --audience a --tenant $tenant --issuer https://x.example.com
	add_refused '--tenant and --token-version are for (--provider entra)' --tenant $tenant --audience a
	# shellcheck disable=SC2086
	added --tenant $tenant --audience a $order
	add_refused 'tokens have an issuer that ends in a slash: (--issuer [^ ]+)' --provider auth0 --issuer https://t.eu.auth0.com --audience a
	# shellcheck disable=SC2086
	added --provider auth0 $order --audience a
	add_refused "this is the org's own authorization server, .*; name a custom one, as (https://DOMAIN[^ ]+)" \
		--provider okta --issuer https://d.okta.com --audience a
	added --provider okta --issuer "${order/DOMAIN/d}" --audience a
	add_refused "Keycloak's issuer is (https://HOST/realms/REALM), without a slash at the end" --provider keycloak --issuer https://k.example.com/realms/x/
	added --provider keycloak --issuer "${order/HOST/k.example.com}"
	add_refused '(--issuer) is missing: what its tokens have as iss, such as (https://[^ ]+)' --provider keycloak
	added --provider keycloak "$order" "${BASH_REMATCH[2]}"
	add_refused '(--audience) is missing: okta cannot write ssh://HOST into a token, but only what its API is called there' \
		--provider okta --issuer https://d.okta.com/oauth2/default
	added --provider okta --issuer https://d.okta.com/oauth2/default "$order" api://hosts
	add_refused '--provider "nix": it is one of .*(keycloak), .*; without --provider any OpenID Connect provider will do' --provider nix
	added --provider "$order" --issuer https://k.example.com/realms/x
	added --issuer https://k.example.com/realms/x
	add_refused 'tokens of github are never a person.s: leave (--delegation) out' --provider github --delegation
	added --provider github
	add_refused 'tokens of github have no scope: name the claim that --scope is about with (--scope-claim)' --provider github --scope main:deploy
	added --provider github --scope main:deploy "$order" ref
	add_refused '--scope "main": write (VALUE:ROLE)' --issuer https://x.example.com --scope main
	order=${order/VALUE/main}
	added --issuer https://x.example.com --scope "${order/ROLE/deploy}"
	add_refused '--namespace is for (--provider kubernetes)' --issuer https://k.example.com --namespace build
	# shellcheck disable=SC2086
	add_refused '--namespace belongs to (--client-claim [^ ;]+); without it sub is taken' --issuer https://k.example.com --namespace build $order
	# shellcheck disable=SC2086
	added --provider kubernetes --issuer https://k.example.com --namespace build $order
	add_refused "a service account's name is another's in every other namespace: say which with (--namespace)" \
		--provider kubernetes --issuer https://k.example.com --client-claim /kubernetes.io/serviceaccount/name
	added --provider kubernetes --issuer https://k.example.com --client-claim /kubernetes.io/serviceaccount/name "$order" build
	add_refused '--jwks-file and --jwks-uri are two answers to where its keys come from: give one' \
		--issuer https://x.example.com --jwks-file /etc/agentauth/filed.json --jwks-uri https://x.example.com/jwks
	added --issuer https://x.example.com --jwks-uri https://x.example.com/jwks
	add_refused '--ca-file and --bearer-file are for fetching keys, and --jwks-file is there already' \
		--issuer https://x.example.com --jwks-file /etc/agentauth/filed.json --ca-file /etc/agentauth/ca.pem
	added --issuer https://x.example.com --jwks-file /etc/agentauth/filed.json
}

# The commands and settings that the comments of a provider's block name, with what they leave open filled in.
hinted() { # PROVIDER OPTION...
	agentauthctl issuer add hinted "--provider" "$@" >/dev/null 2>&1
	run sh -c "sed -n '/^	hinted = {\$/,/^	};/p' $CONF | grep '^[[:blank:]]*#' | sed 's/^[[:blank:]]*# *//' | tr '\n' ' '"
}
@test "what a provider's block says to do on this host is done" {
	local provider
	agentauthctl register hinter --role deploy >/dev/null
	for provider in 'keycloak --issuer https://k.example.com/realms/x' \
		'entra --audience a --tenant 11111111-2222-3333-4444-555555555555 --delegation' \
		'auth0 --issuer https://t.eu.auth0.com/ --audience a --delegation'; do
		# shellcheck disable=SC2086
		hinted $provider
		told 'give it with the binding, (agentauthctl set AGENT --bind hinted:CLIENT --subject [A-Za-z@]+)'
		obey AGENT hinter CLIENT my-client ID 1234
		agentauthctl set hinter --no-bind hinted:my-client >/dev/null
		text_as_before >/dev/null
	done
	agentauthctl issuer add hinted --issuer https://x.example.com >/dev/null
	run cat $CONF
	run sh -c "grep '^[[:blank:]]*#' $CONF | sed 's/^[[:blank:]]*# *//' | tr '\n' ' '"
	told 'say so with the binding, (agentauthctl set AGENT --bind hinted:CLIENT --subject SUB)'
	obey AGENT hinter CLIENT my-client SUB 1234
	agentauthctl set hinter --no-bind hinted:my-client >/dev/null
	text_as_before >/dev/null
	# Settings that are told: the block with them is in order.
	hinted auth0 --issuer https://t.eu.auth0.com/ --audience a
	told 'With the API.s token profile RFC 9068 there is a jti: then set (reuse) to "(once)" and (client_claim) to "(client_id)"; gty is missing there, so take the rule away and set (delegation = "allowed") and each binding.s subject'
	set -- "${BASH_REMATCH[@]:1}"
	sed -i "/^	hinted = {\$/,/^	};/{s/$1 = .*/$1 = \"$2\";/; s/$3 = .*/$3 = \"$4\";/; s/delegation = .*/$5;/; /require = (/,/);/d}" $CONF
	done_now agentauthctl check
	told 'without a jti|in order' # what is said beside it is a warning
	text_as_before >/dev/null
	hinted github
	told 'To bind to a workflow that repositories share, set (client_claim) to "(job_workflow_ref)" and require (repository_owner_id)'
	set -- "${BASH_REMATCH[@]:1}"
	sed -i "/^	hinted = {\$/,/^	};/s/$1 = .*/$1 = \"$2\"; require = ( { claim = \"$3\"; value = \"1\"; } );/" $CONF
	done_now agentauthctl check
	text_as_before >/dev/null
	hinted kubernetes --issuer https://k.example.com
	told 'To bind by the name alone, set (client_claim) to "([^"]+)" and require the namespace'
	set -- "${BASH_REMATCH[@]:1}"
	sed -i "/^	hinted = {\$/,/^	};/s|$1 = .*|$1 = \"$2\"; require = ( { claim = \"/kubernetes.io/namespace\"; value = \"build\"; } );|" $CONF
	done_now agentauthctl check
	text_as_before >/dev/null
	agentauthctl retire hinter
}

# ---- the agent's side ---------------------------------------------------------------------------------------------------------

profile() { # SETTINGS: of a profile whose client has a secret, at the server of this story
	cat >"$CONFIG" <<-END
		profiles = { corp = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "tokener"; client_id = "tokener";
		  client_secret = { file = "$KEYS/secret"; }; ca_file = "/etc/agentauth/ca.pem"; $1 }; };
	END
	chown dev: "$CONFIG"
	chmod 600 "$CONFIG"
	install -m 0600 -o dev <(echo secret) "$KEYS/secret"
	chmod 755 /etc/agentauth
}
answers_token() { # PATH
	serve_text "$1" "$(jq -n --rawfile t "$(access_token k1)" '{access_token: $t, token_type: "Bearer", expires_in: 60}')"
}
no_token_and_told() { # REGEX
	dev agentauth token --profile corp --forget >/dev/null 2>&1 || :
	refused_and_told "$1" dev agentauth token --profile corp
}
a_token() {
	dev agentauth token --profile corp --forget >/dev/null 2>&1 || :
	run dev agentauth token --profile corp
	expect_status 0
}

@test "endpoints that the metadata have not, or that redirect" {
	answers_token token
	serve .well-known_openid-configuration '{"status": 404}'
	profile "issuer = \"$ADDRESS\";"
	no_token_and_told 'publishes no metadata: .* If that is so, name its (token_endpoint) in the profile'
	profile "issuer = \"$ADDRESS\"; $order = \"$ADDRESS/token\";"
	a_token
	serve_metadata "$ADDRESS"
	profile "issuer = \"$ADDRESS\";"
	no_token_and_told 'the identity provider names no (token_endpoint), which .* needs: if it has one, name it in the profile'
	profile "issuer = \"$ADDRESS\"; $order = \"$ADDRESS/token\";"
	a_token
	serve elsewhere '{"status": 302, "headers": {"Location": "https://keys.example.com:8443/token"}}'
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/elsewhere\";"
	no_token_and_told 'redirects elsewhere .* name the right (token_endpoint), or issuer, in the profile'
	profile "issuer = \"$ADDRESS\"; $order = \"$ADDRESS/token\";"
	a_token
	profile "issuer = \"$ADDRESS/\"; token_endpoint = \"$ADDRESS/token\";"
	run dev agentauth token --profile corp
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/token\";"
	sed -i 's|ca_file = "[^"]*";||' "$CONFIG"
	no_token_and_told 'needs (ca_file = "FILE") in the profile'
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/token\";"
	sed -i "s|ca_file = \"[^\"]*\";|${order/FILE//etc/agentauth/ca.pem};|" "$CONFIG"
	a_token
}

@test "what the provider does not allow, or not now, or does not give" {
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/token\";"
	serve token '{"status": 400, "body": "{\"error\": \"unauthorized_client\"}"}'
	no_token_and_told 'the identity provider must allow this client this grant'
	serve token '{"status": 503, "body": "{\"error\": \"temporarily_unavailable\"}"}'
	no_token_and_told '(try again later)'
	answers_token token
	a_token
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/token\"; present = \"id_token\";"
	no_token_and_told 'answers without an id_token \(the scope must have "(openid)"\)'
	serve_text token "$(jq -n --rawfile t "$(access_token k1)" '{access_token: $t, id_token: $t, token_type: "Bearer", expires_in: 60}')"
	profile "issuer = \"$ADDRESS\"; token_endpoint = \"$ADDRESS/token\"; present = \"id_token\"; scope = \"$order\";"
	a_token
}

@test "a ready token that is for another host" {
	install -m 0600 -o dev "$(access_token k1 --claim 'aud="api://hosts"')" /home/dev/ready.jwt
	ready() { # MORE
		cat >"$CONFIG" <<-END
			profiles = { corp = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "tokener";
			  token = { file = "/home/dev/ready.jwt"; }; $1 }; };
		END
	}
	install -m 0600 -o dev <(echo opaque-token) /home/dev/opaque
	ready ''
	sed -i 's|/home/dev/ready.jwt|/home/dev/opaque|' "$CONFIG"
	refused_and_told 'Have the platform give a (JWT)' dev agentauth ssh "tokener@$HOST" id -un
	ready ''
	refused_and_told 'Have the platform issue one for it, or, where the host takes the token.s own audience, write (audience = "[^"]+") in the profile' \
		dev agentauth ssh "tokener@$HOST" id -un
	ready "$order;"
	into_block corp 'audience = [ "api://hosts" ];'
	agentauthctl apply >/dev/null
	run dev agentauth ssh "tokener@$HOST" id -un
	expect_output '^tokener$'
	text_as_before
	install -m 0600 -o dev "$(access_token k1)" /home/dev/ready.jwt
	ready ''
	run dev agentauth ssh "tokener@$HOST" id -un
	expect_output '^tokener$'
	refused_and_told '(--resource) says for which one this is to be' token_for_any_host
	run dev agentauth token --profile corp "$order" "ssh://$HOST"
	expect_status 0
}
token_for_any_host() {
	answers_token token
	cat >"$CONFIG" <<-END
		profiles = { corp = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "tokener"; client_id = "tokener";
		  client_secret = { file = "$KEYS/secret"; }; ca_file = "/etc/agentauth/ca.pem"; issuer = "$ADDRESS";
		  token_endpoint = "$ADDRESS/token"; resource = [ "asked" ]; }; };
	END
	dev agentauth token --profile corp
}

@test "a grant that needs a person, where nobody is waited for: the command that is told waits for one" {
	serve_text .well-known_openid-configuration "$(jq -n --arg a "$ADDRESS" '{issuer: $a, jwks_uri: ($a + "/jwks"),
		token_endpoint: ($a + "/token"), device_authorization_endpoint: ($a + "/device")}')"
	serve_text device '{"device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": "https://keys.example.com:8443/enter", "expires_in": 60, "interval": 1}'
	answers_token token
	profile "issuer = \"$ADDRESS\"; grant = \"device_code\";"
	no_token_and_told 'Run: (agentauth token --profile corp --login)'
	run dev sh -c "$order"
	expect_status 0
	told 'Open this address in a browser, on any machine:'
	told 'and enter the code'
}
