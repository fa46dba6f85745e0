# SPDX-License-Identifier: Apache-2.0
# What the stories about an issuer's keys use: a server of metadata and key sets, by TLS, that does as it is told, an
# issuer of it named corp with the agent tokener, and access tokens of it.
# shellcheck shell=bash disable=SC2154,SC2034

SERVER=/run/key-server
ADDRESS=https://keys.example.com:8443
KEYSET=$STATE/keys/corp

# A certificate authority that nobody but agentauthctl is told of.
server_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Key authority' \
		-addext basicConstraints=critical,CA:TRUE -keyout "$SERVER/ca.key" -out /etc/agentauth/ca.pem
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=keys' \
		-keyout "$SERVER/tls.key" -out "$SERVER/tls.csr"
	openssl x509 -req -in "$SERVER/tls.csr" -CA /etc/agentauth/ca.pem -CAkey "$SERVER/ca.key" -days 2 -out "$SERVER/tls.crt" \
		-extfile <(echo 'subjectAltName=DNS:keys.example.com')
	cat "$SERVER/tls.crt" "$SERVER/tls.key" >"$SERVER/tls.pem"
	echo '127.0.0.3 keys.example.com' >>/etc/hosts
}
server_answers() {
	curl -s -o /dev/null --cacert /etc/agentauth/ca.pem "$ADDRESS/"
}
server_is_down() {
	! server_answers
}
start_server() {
	("$HERE/key_server" "$SERVER" 8443 >>"$SERVER/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$SERVER/pid"
	wait_until server_answers && return
	cat "$SERVER/output" >&2
	return 1
}
stop_server() {
	[ -e "$SERVER/pid" ] || return 0
	kill "$(cat "$SERVER/pid")"
	rm "$SERVER/pid"
	wait_until server_is_down
}

# What the server answers: a path of one word, and JSON.
serve() { # NAME JSON
	echo "$2" >"$SERVER/answers/$1.json.new"
	mv "$SERVER/answers/$1.json.new" "$SERVER/answers/$1.json"
}
serve_text() { # NAME TEXT
	serve "$1" "$(jq -n --arg body "$2" '{body: $body}')"
}
serve_keys() { # KID:PEM…
	serve_text jwks "$("$HERE/jwks" "$@")"
}
serve_metadata() { # ISSUER [JWKS_URI]
	serve_text .well-known_openid-configuration \
		"$(jq -n --arg issuer "$1" --arg uri "${2:-$ADDRESS/jwks}" '{issuer: $issuer, jwks_uri: $uri, response_types_supported: ["code"]}')"
}

# The server with a set of k1, and the issuer with its agent.
corp_init() {
	local key
	mkdir -p "$SERVER/answers"
	: >"$SERVER/requests"
	server_certificates 2>/dev/null
	for key in k1 k2 k3; do
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$SERVER/$key.pem" 2>/dev/null
	done
	serve_metadata "$ADDRESS"
	serve_keys "k1:$SERVER/k1.pem"
	cp -R "$SERVER/answers" "$SERVER/first"
	start_server
	agentauthctl issuer add corp --issuer "$ADDRESS" --ca-file /etc/agentauth/ca.pem --scope host.deploy:deploy >/dev/null
	agentauthctl register tokener --role deploy --role logs --bind corp:tokener >/dev/null
}

# An access token of corp for the agent tokener; prints its file's name.
access_token() { # KEY [OPTION OF FORGE]…
	local key=$1 file
	shift
	file=$(mktemp "$KEYS/token.XXXXXX")
	"$HERE/forge" --agent tokener --key "$SERVER/$key.pem" --header "kid=\"$key\"" --header 'typ="at+jwt"' \
		--claim "iss=\"$ADDRESS\"" --claim 'client_id="tokener"' --claim 'scope="host.deploy"' "$@" >"$file"
	chown dev: "$file"
	echo "$file"
}

# An issuer's story: each test begins with a fresh set of k1, and nothing asked for.
issuer_story() {
	[ -e "$SERVER/pid" ] || start_server
	cp -R "$SERVER/first/." "$SERVER/answers" # a name of them begins with a dot
	agentauthctl issuer refresh corp >/dev/null
	rm -rf /run/agentauth/refresh /run/agentauth/refreshed
	wc -l <"$SERVER/requests" >"$BATS_TEST_TMPDIR/requests.mark"
	log_mark
	audit_mark
}
requests() { # PATTERN: how many since the test began
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/requests.mark") + 1))" "$SERVER/requests" | grep -c -e "$1" || :
}
token_logs_in() { # KEY [OPTION OF FORGE]…
	logs_in_with tokener "$(access_token "$@")" ".issuer == \"corp\" and .kid == \"$1\""
}
token_refused() { # REASON KEY
	refused_with "$1" tokener "$(access_token "$2")"
}
