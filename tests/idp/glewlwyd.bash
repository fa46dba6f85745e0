# SPDX-License-Identifier: Apache-2.0
# Debian's glewlwyd as an identity provider, in the box of a story: https://glewlwyd.example.com:4593, set up through its own
# administration API. What is called a client here has the name of an agent.
# shellcheck shell=bash disable=SC2154,SC2034  # IDP is idp.bash's

GLEWLWYD=https://glewlwyd.example.com:4593

glewlwyd_api() { # WHO METHOD PATH [JSON]: with the session of WHO
	curl -s -S -f -b "$IDP/$1.jar" -c "$IDP/$1.jar" -X "$2" -H 'content-type: application/json' ${4:+--data "$4"} \
		"$GLEWLWYD/api/$3"
}

glewlwyd_install() {
	debconf-set-selections <<-END
		glewlwyd glewlwyd/dbconfig-install boolean true
		glewlwyd glewlwyd/database-type select sqlite3
		glewlwyd glewlwyd/config_external_url string $GLEWLWYD
	END
	from_debian glewlwyd dbconfig-sqlite3
}
glewlwyd_answers() {
	curl -s -o /dev/null --max-time 5 "$GLEWLWYD/api/"
}
glewlwyd_start() {
	idp_host glewlwyd 127.0.0.3 2>/dev/null
	sed -i -e 's|^use_secure_connection=.*|use_secure_connection=true|' -e 's|^#bind_address=.*|bind_address="127.0.0.3"|' \
		-e "s|^secure_connection_key_file=.*|secure_connection_key_file=\"$IDP/glewlwyd.key\"|" \
		-e "s|^secure_connection_pem_file=.*|secure_connection_pem_file=\"$IDP/glewlwyd.crt\"|" \
		-e "s|^secure_connection_ca_file=.*|secure_connection_ca_file=\"$IDP/ca.pem\"|" /etc/glewlwyd/glewlwyd.conf
	(exec glewlwyd --config-file=/etc/glewlwyd/glewlwyd.conf >>"$IDP/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$IDP/glewlwyd.pid"
	wait_until glewlwyd_answers
}
glewlwyd_stop() {
	[ ! -e "$IDP/glewlwyd.pid" ] || kill "$(cat "$IDP/glewlwyd.pid")"
}

# The administrator's first steps; the password is Debian's first one.
glewlwyd_set_up() {
	local scope key
	glewlwyd_api admin POST auth/ '{"username": "admin", "password": "password"}'
	for scope in host.deploy host.logs; do
		glewlwyd_api admin POST scope/ '{"name": "'$scope'", "display_name": "'$scope'", "password_required": true,
			"password_max_age": 0}'
	done
	key=$(openssl genrsa 2048 2>/dev/null)
	glewlwyd_api admin POST mod/plugin/ "$(jq -n --arg key "$key" --arg cert "$(openssl rsa -pubout <<<"$key" 2>/dev/null)" \
		--arg iss "$GLEWLWYD/api/corp" '{module: "oidc", name: "corp", display_name: "corp", parameters: {
		iss: $iss, "jwt-type": "rsa", "jwt-key-size": "256", key: $key, cert: $cert, "access-token-duration": 600,
		"refresh-token-duration": 86400, "code-duration": 600, "refresh-token-rolling": true, "allow-non-oidc": true,
		"auth-type-client-enabled": true, "auth-type-code-enabled": true, "auth-type-refresh-enabled": true,
		"auth-type-device-enabled": true, "device-authorization-expiration": 600, "device-authorization-interval": 1,
		"pkce-allowed": true, "resource-allowed": true, "resource-client-property": "resource",
		"request-parameter-allow": true, "client-jwks-parameter": "jwks",
		"additional-parameters": [{"user-parameter": "username", "token-parameter": "username"}]}}')"
	glewlwyd_api admin POST user/ '{"username": "alice", "password": "alice-at-idp", "name": "Alice", "enabled": true,
		"scope": ["host.deploy", "host.logs"]}'
}

glewlwyd_client() { # NAME GRANT VARIANT [JWK]
	glewlwyd_api admin POST client/ "$(jq -n --arg name "$1" --arg grant "$2" --arg variant "$3" --argjson jwk "${4:-null}" \
		--arg aud "https://$HOST" '{
		client_id: $name, name: $name, enabled: true, confidential: ($variant != "public"), resource: [$aud],
		authorization_type: [{authorization_code: "code", device_code: "device_authorization"}[$grant] // "client_credentials",
			"refresh_token"], scope: ["host.deploy", "host.logs"], redirect_uri: ["http://127.0.0.1:8400/callback"]}
		+ if $variant == "public" then {token_endpoint_auth_method: ["none"]}
		  elif $jwk then {token_endpoint_auth_method: ["private_key_jwt"], jwks: {keys: [$jwk]}}
		  else {token_endpoint_auth_method: ["client_secret_basic", "client_secret_post"], client_secret: ($name + "-secret")} end')"
}

# alice signs in and grants the client its scopes, as glewlwyd's own page does when she presses its buttons.
glewlwyd_consent() { # CLIENT
	glewlwyd_api alice POST auth/ '{"username": "alice", "password": "alice-at-idp"}'
	glewlwyd_api alice PUT "auth/grant/$1" '{"scope": "host.deploy host.logs"}'
}
glewlwyd_allows() { # CLIENT ADDRESS
	glewlwyd_consent "$1"
	browse "$IDP/alice.jar" "$2&g_continue"
}
glewlwyd_enters() { # CLIENT CODE
	glewlwyd_consent "$1"
	browse "$IDP/alice.jar" "$GLEWLWYD/api/corp/device?code=$2&g_continue"
}
