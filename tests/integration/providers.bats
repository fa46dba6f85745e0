#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# Identity providers that people run, and each grant of the agent's side: what comes of it at the stock sshd. What is seen
# here is the table of providers in doc/clients.md, which tests/idp/table writes.

# shellcheck disable=SC2034  # providers.bash uses what is set here
load support
load agents
load idp
load providers
load ../idp/glewlwyd
load ../idp/lemonldap

setup_file() {
	host_init
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl role set logs --delegable >/dev/null
	ISSUED_BY=corp URL=$ISSUER
	idp_start # for its authority's certificate, which the others' are of
	new_issuer
	idp_stop
}
setup() {
	log_mark
	audit_mark
}
teardown_file() {
	idp_stop
	glewlwyd_stop
	lemonldap_stop
}

new_issuer() { # [OPTION OF ISSUER ADD]...
	agentauthctl issuer add "$ISSUED_BY" --issuer "$URL" --client-claim client_id --ca-file "$IDP/ca.pem" \
		--scope host.deploy:deploy --scope host.logs:logs "$@" >/dev/null
}
refresh_issuer() {
	agentauthctl issuer refresh "$ISSUED_BY" >/dev/null
}

# alice's token for a front end, which is the subject of the exchange and goes to no host.
oidc_user_of() { # PREFIX
	prepares "$1-user" authorization_code api
	ROWS=/dev/null with_person "$1-user" authorization_code api
}
try_oidc_provider() { # DIRECTORY-OF-THE-BUILD PREFIX
	PROVIDER="oidc-provider $(jq -r .version "$AGENTAUTH_BUILD/$1/node_modules/oidc-provider/package.json")"
	KIND=oidc ISSUED_BY=corp URL=$ISSUER PERSON=alice
	RESOURCE="resource = [ \"ssh://$HOST\" ];" SCOPE='scope = "host.deploy host.logs";'
	idp_start "$1"
	refresh_issuer
	oidc_user_of "$2"
	tries <<-END
		$2-basic client_credentials basic
		$2-post client_credentials post
		$2-key client_credentials key
		$2-strict client_credentials strict-key
		$2-wrong client_credentials wrong
		$2-opaque client_credentials opaque
		$2-signs jwt_bearer key
		$2-code authorization_code public
		$2-device device_code public
		$2-exchange token_exchange stand-in subject_token = { profile = "$2-user"; };
	END
	idp_stop
}

@test "oidc-provider 8" {
	try_oidc_provider idp oidc8
}

@test "oidc-provider 9" {
	try_oidc_provider idp-9 oidc9
}

@test "Debian's glewlwyd" {
	glewlwyd_install
	PROVIDER="glewlwyd $(version_of glewlwyd)"
	KIND=glewlwyd ISSUED_BY=glewlwyd URL=$GLEWLWYD/api/corp PERSON=alice
	RESOURCE="resource = [ \"https://$HOST\" ];" SCOPE='scope = "host.deploy host.logs";'
	glewlwyd_start
	glewlwyd_set_up
	# A person's sub is random there; the name is another claim.
	new_issuer --audience "https://$HOST"
	agentauthctl issuer set "$ISSUED_BY" --user-claim username >/dev/null
	refresh_issuer
	tries <<-END
		gl-basic client_credentials basic
		gl-post client_credentials post
		gl-key client_credentials key
		gl-endpoint client_credentials endpoint-key
		gl-wrong client_credentials wrong
		gl-signs jwt_bearer endpoint-key
		gl-code authorization_code public redirect_uri = "http://127.0.0.1:8400/callback";
		gl-device device_code public
		gl-exchange token_exchange basic subject_token = { profile = "gl-code"; };
	END
	# An empty form is a POST all the same: what is missing is a scope, and no address.
	RESOURCE='' SCOPE='' prepares gl-empty device_code basic
	run dev agentauth token --profile gl-empty --login
	expect_status 1
	expect_output 'device_authorization.*invalid_scope \(HTTP 400\)'
}

@test "Debian's LemonLDAP::NG" {
	lemonldap_install
	PROVIDER="LemonLDAP::NG $(version_of liblemonldap-ng-portal-perl)"
	KIND=lemonldap ISSUED_BY=lemonldap URL=$LEMONLDAP PERSON=dwho
	RESOURCE='' SCOPE='scope = "openid host.deploy host.logs";'
	lemonldap_set_up
	new_issuer
	begin() {
		lemonldap_start && refresh_issuer
	}
	tries begin <<-END
		ll-basic client_credentials basic
		ll-post client_credentials post
		ll-key client_credentials key
		ll-wrong client_credentials wrong
		ll-opaque client_credentials opaque
		ll-signs jwt_bearer key
		ll-code authorization_code public redirect_uri = "http://127.0.0.1:8400/callback";
		ll-device device_code public
		ll-exchange token_exchange basic subject_token = { profile = "ll-code"; };
	END
}

@test "doc/clients.md has the table that this run gives; with other versions, whatever logged in still does" {
	local rows=$BATS_FILE_TMPDIR/rows
	sed 's/^/# /' "$rows" >&3 # for tests/idp/table
	if [ "$(table_of_document | versions)" = "$(versions <"$rows")" ]; then
		run diff <(table_of_document) "$rows"
	else
		run comm -23 <(table_of_document | grep 'logs in' | of_any_version | sort) <(of_any_version <"$rows" | sort)
		[ -z "$output" ] || status=1
	fi
	expect_status 0
}
