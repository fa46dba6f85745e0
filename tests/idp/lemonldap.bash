# SPDX-License-Identifier: Apache-2.0
# Debian's LemonLDAP::NG as an identity provider, in the box of a story: https://lemonldap.example.com, its portal behind
# nginx as Debian ships it, people of its own demonstration (dwho). What is called a client here has the name of an agent.
# shellcheck shell=bash disable=SC2154,SC2034  # IDP is idp.bash's

LEMONLDAP=https://lemonldap.example.com
LEMONLDAP_CONF=/var/lib/lemonldap-ng/conf

lemonldap_install() {
	from_debian liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server nginx-light libcrypt-jwt-perl libio-string-perl \
		libstring-random-perl
}

lemonldap_answers() {
	curl -s -f -o /dev/null --max-time 5 "$LEMONLDAP/.well-known/openid-configuration"
}
# It knows the clients that it had when it started.
lemonldap_start() {
	idp_host lemonldap 127.0.0.4 2>/dev/null
	sed -e "s|listen 80;|listen 127.0.0.4:443 ssl; ssl_certificate $IDP/lemonldap.crt; ssl_certificate_key $IDP/lemonldap.key;|" \
		-e '/listen \[::\]:80/d' -e 's|server_name .*|server_name lemonldap.example.com;|' \
		/etc/lemonldap-ng/portal-nginx.conf >/etc/nginx/sites-enabled/portal.conf
	rm -f /etc/nginx/sites-enabled/default
	install -d -o www-data -g www-data /run/llng-fastcgi-server
	# shellcheck source=/dev/null
	(set -a && . /etc/default/lemonldap-ng-fastcgi-server && NPROC=1 exec /usr/sbin/llng-fastcgi-server \
		>>"$IDP/output" 2>&1 </dev/null 3>&-)
	nginx 3>&- && wait_until lemonldap_answers && return
	grep -a 'LLNG.*\[\(error\|crit\)' /var/log/box.log | tail -n 5 >&2
	return 1
}
lemonldap_stop() {
	[ ! -e /run/nginx.pid ] || kill "$(cat /run/nginx.pid)"
	[ ! -e /run/llng-fastcgi-server/llng-fastcgi-server.pid ] || kill "$(cat /run/llng-fastcgi-server/llng-fastcgi-server.pid)"
}

lemonldap_settings() { # JQ-FILTER [JQ-ARGUMENT]...: what is changed in the newest of its settings
	local filter=$1 file=$LEMONLDAP_CONF/lmConf-1.json
	shift
	jq "$@" "$filter" "$file" >"$IDP/lmConf" && cp "$IDP/lmConf" "$file" && rm -rf "${LEMONLDAP_CONF%/conf}"/cache/*
}
# The captcha, which nobody is shown here, would need ImageMagick; registering and passwords, MIME::Entity.
lemonldap_set_up() {
	local key
	key=$(openssl genrsa 2048 2>/dev/null)
	# shellcheck disable=SC2016  # jq's
	lemonldap_settings '. + {portal: ($url + "/"), securedCookie: 1, captcha: "::Main::Plugin", registerDB: "Null",
		passwordDB: "", issuerDBOpenIDConnectActivation: 1, oidcServiceMetaDataIssuer: $url,
		oidcServicePrivateKeySig: $key, oidcServicePublicKeySig: $public, oidcServiceKeyIdSig: "first",
		oidcRPMetaDataOptions: {}, oidcRPMetaDataExportedVars: {}, oidcRPMetaDataScopeRules: {}}' \
		--arg url "$LEMONLDAP" --arg key "$key" --arg public "$(openssl rsa -pubout <<<"$key" 2>/dev/null)"
}

# It takes a secret in the header and in the form of each client, and its access tokens are opaque unless told otherwise.
lemonldap_client() { # NAME GRANT VARIANT
	# shellcheck disable=SC2016  # jq's
	lemonldap_settings '.oidcRPMetaDataOptions[$name] = {oidcRPMetaDataOptionsClientID: $name,
		oidcRPMetaDataOptionsClientSecret: ($name + "-secret"), oidcRPMetaDataOptionsPublic: ($variant == "public"),
		oidcRPMetaDataOptionsAccessTokenJWT: ($variant != "opaque"), oidcRPMetaDataOptionsAccessTokenSignAlg: "RS256",
		oidcRPMetaDataOptionsIDTokenSignAlg: "RS256", oidcRPMetaDataOptionsAccessTokenExpiration: 600,
		oidcRPMetaDataOptionsAllowClientCredentialsGrant: ($variant != "public"), oidcRPMetaDataOptionsRefreshToken: 1,
		oidcRPMetaDataOptionsAdditionalAudiences: $aud, oidcRPMetaDataOptionsRedirectUris: "http://127.0.0.1:8400/callback"}
		| .oidcRPMetaDataExportedVars[$name] = {} | .oidcRPMetaDataScopeRules[$name] = {"host.deploy": "1", "host.logs": "1"}' \
		--arg name "$1" --arg variant "$3" --arg aud "ssh://$HOST"
}

# dwho signs in at the portal and says yes to what the client asks for.
lemonldap_allows() { # CLIENT ADDRESS
	browse "$IDP/dwho.jar" "$2"
	fills user=dwho password=dwho
	[ "$BROWSED" != "${BROWSED#"$LEMONLDAP"}" ] || return 0
	fills
}
