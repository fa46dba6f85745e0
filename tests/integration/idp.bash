# SPDX-License-Identifier: Apache-2.0
# The real identity provider (tests/idp), for stories: https://idp.example.com in the box.
# shellcheck shell=bash disable=SC2154,SC2034

IDP=/run/idp # its directory: see tests/idp/server.mjs
ISSUER=https://idp.example.com

# A certificate authority of this box, believed as if the administrator had installed it.
idp_authority() {
	local ca=/etc/ssl/certs/ca-certificates.crt
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Test authority' \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
		-keyout "$IDP/ca.key" -out "$IDP/ca.pem"
	chmod 600 "$IDP/ca.key"
	mkdir -p "${ca%/*}"
	cat "$IDP/ca.pem" >>"$ca"
}
# A host of this box with a certificate of that authority: $IDP/NAME.crt, .key, and .pem with both.
idp_host() { # NAME ADDRESS
	local at=$IDP/$1
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1.example.com" -keyout "$at.key" -out "$at.csr"
	openssl x509 -req -in "$at.csr" -CA "$IDP/ca.pem" -CAkey "$IDP/ca.key" -days 2 -out "$at.crt" \
		-extfile <(echo "subjectAltName=DNS:$1.example.com")
	cat "$at.crt" "$at.key" >"$at.pem"
	chmod 600 "$at.key" "$at.pem"
	echo "$2 $1.example.com" >>/etc/hosts
}
idp_certificates() {
	idp_authority
	idp_host idp 127.0.0.2
	mv "$IDP/idp.pem" "$IDP/tls.pem"
	openssl x509 -in "$IDP/idp.crt" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
		base64 >"$IDP/spki"
}

idp_answers() {
	curl -s -f -o /dev/null --max-time 5 "$ISSUER/.well-known/openid-configuration"
}
idp_start() { # [DIRECTORY-OF-THE-BUILD]: which version of oidc-provider
	[ -d "$IDP" ] || {
		mkdir -p "$IDP/clients"
		: >"$IDP/log.jsonl"
		idp_certificates 2>"$IDP/openssl.log" || { cat "$IDP/openssl.log" >&2; return 1; }
	}
	# node looks for packages beside the program.
	cp "$BATS_TEST_DIRNAME/../idp/server.mjs" "$IDP/"
	ln -sfn "$AGENTAUTH_BUILD/${1:-idp}/node_modules" "$IDP/node_modules"
	# A version that wants another Node.js than the host's brings it. Descriptor 3 is bats' own: it waits for whoever holds it.
	(PATH=$IDP/node_modules/.bin:$PATH && exec node "$IDP/server.mjs" "$IDP" >>"$IDP/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$IDP/pid"
	wait_until idp_answers && return
	cat "$IDP/output" >&2
	return 1
}
idp_is_down() {
	! idp_answers
}
idp_stop() {
	[ -e "$IDP/pid" ] || return 0
	kill "$(cat "$IDP/pid")"
	rm "$IDP/pid"
	wait_until idp_is_down
}

# A client's metadata (RFC 7591); what is said in JSON goes over what most clients have.
idp_client() { # CLIENT_ID JSON
	local defaults='{"client_secret": "'$1'-secret", "grant_types": ["client_credentials"], "response_types": [],
		"redirect_uris": [], "token_endpoint_auth_method": "client_secret_basic", "scope": "host.deploy host.logs"}'
	jq -n --arg id "$1" --argjson defaults "$defaults" --argjson more "$2" \
		'$defaults + $more + {client_id: $id} | with_entries(select(.value != null))' >"$IDP/clients/$1.json.new" &&
		mv "$IDP/clients/$1.json.new" "$IDP/clients/$1.json"
}

idp_kids() {
	curl -s -f "$ISSUER/jwks" | jq -r '.keys[].kid' | sort
}
idp_kids_changed() { # BEFORE
	[ "$(idp_kids)" != "$1" ]
}
# New keys sign from now on; the ones before are still published, older ones are not.
idp_rotate_keys() {
	local before
	before=$(idp_kids)
	kill -HUP "$(cat "$IDP/pid")"
	wait_until idp_kids_changed "$before"
}

# The requests to the token endpoint since the mark.
idp_mark() {
	wc -l <"$IDP/log.jsonl" >"$IDP/mark"
}
idp_requests() { # JQ-FILTER: how many
	tail -n "+$(($(cat "$IDP/mark") + 1))" "$IDP/log.jsonl" | jq -s "[.[] | select(.event == \"token\") | select($1)] | length"
}

# A token as the provider gives it to a client, with curl: without the agent's side; RESOURCE: for another
# host than this one; SCOPE: with other scopes than all of them, none where it is empty. Prints the name of its file.
idp_token() { # CLIENT_ID [CURL-ARGUMENT]...
	local id=$1 file
	shift
	file=$(mktemp "$KEYS/token.XXXXXX")
	curl -s -u "$id:$id-secret" -d grant_type=client_credentials --data-urlencode "resource=${RESOURCE:-ssh://$HOST}" \
		--data-urlencode "scope=${SCOPE-host.deploy host.logs}" "$@" "$ISSUER/token" | jq -j -e .access_token >"$file" || return 1
	chown dev: "$file"
	echo "$file"
}
jwt_part() { # TOKENFILE 1|2
	cut -d. -f"$2" "$1" | basenc --decode --base64url 2>/dev/null || :
}

# A person at a browser on dev's machine: see tests/integration/browser for the steps.
browser() { # STEP...
	dev "$CLIENTS/browser" "$(cat "$IDP/spki")" "$@"
}

# The provider in the host's registry; roles for the scopes that it knows.
corp_issuer() {
	agentauthctl issuer add corp --issuer "$ISSUER" --client-claim client_id --scope host.deploy:deploy \
		--scope host.logs:logs >/dev/null && corp_refresh
}
corp_refresh() {
	agentauthctl issuer refresh corp >/dev/null
}
# As if nobody had refreshed for two days: longer than jwks_max_age.
corp_keys_are_old() {
	touch -d '2 days ago' /var/lib/agentauth/keys/corp
}

# ---- dev's profiles, and logins for which the agent's side waits for a person ------------------------------------

# A profile of dev's for this host; the agent and the client have its name.
idp_profile() { # NAME SETTINGS
	cat >>/home/dev/profiles <<-END
		$1 = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "$1"; issuer = "$ISSUER"; client_id = "$1";
		  resource = [ "ssh://$HOST" ]; scope = "host.deploy host.logs"; $2 };
	END
	idp_write_profiles
}
idp_write_profiles() {
	install -d -m 0700 -o dev -g dev /home/dev/.config /home/dev/.config/agentauth
	{ echo 'profiles = {' && cat /home/dev/profiles && echo '};'; } >/home/dev/.config/agentauth/config
	chown dev: /home/dev/.config/agentauth/config
	chmod 600 /home/dev/.config/agentauth/config
}

said() { # REGULAR-EXPRESSION: dev's program has said it
	grep -q -e "$1" /home/dev/said
}
# agentauth token --login, which waits for a person. What it says is in /home/dev/said.
begin_login() { # PROFILE
	: >/home/dev/said
	dev agentauth token --profile "$1" --login --no-browser >/home/dev/token 2>/home/dev/said 3>&- &
	login_pid=$!
	wait_until said 'waits for the login'
	address=$(grep -o 'https://[^ ]*' /home/dev/said | head -n 1)
}
end_login() {
	wait "$login_pid" && return
	cat /home/dev/said >&2
	return 1
}
signs_in() { # PERSON: the steps in the browser
	signing_in=(type account "$1" type password "$1-at-idp" press login)
}
