# SPDX-License-Identifier: Apache-2.0
# What the story of providers does with each of them: a client and an agent for each grant, a login, and a line of the table.
# shellcheck shell=bash disable=SC2154,SC2153,SC2034  # bats and the tests set what is used here, tests/idp/*.bash use what is set

ROWS=$BATS_FILE_TMPDIR/rows
DOCUMENT=$(grep -l '^<!-- providers:' "$BATS_TEST_DIRNAME"/../../doc/*.md)

# Installs Debian's packages in this box, from what tests/idp/install fetched.
from_debian() { # PACKAGE...
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	mkdir -p /tmp/debs/partial
	ln -sf "$AGENTAUTH_BUILD"/idp-debs/*.deb /tmp/debs/
	echo 'man-db man-db/auto-update boolean false' | debconf-set-selections
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-download --no-install-recommends -o Dir::Cache::archives=/tmp/debs \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o DPkg::Options::=--force-unsafe-io \
		install "$@" >"$BATS_FILE_TMPDIR/apt.log" 2>&1 </dev/null 3>&- || { tail -n 20 "$BATS_FILE_TMPDIR/apt.log" >&2; return 1; }
}
version_of() { # PACKAGE: upstream's
	# shellcheck disable=SC2016  # dpkg-query's
	dpkg-query -W -f '${source:Upstream-Version}' "$1" | sed 's/+.*//'
}

# ---- a person with a browser that knows no script ----------------------------------------------------------------

# Opens an address and follows it: the page is in $PAGE, where it came from in BROWSED.
browse() { # JAR ADDRESS [CURL-ARGUMENT]...
	PAGE=$BATS_FILE_TMPDIR/page.html JAR=$1
	BROWSED=$(curl -s -S -L -b "$1" -c "$1" -o "$PAGE" -w '%{url_effective}' "${@:3}" "$2")
}
# Sends the page's form: its hidden fields, and what is typed in.
fills() { # [FIELD=VALUE]...
	local -a fields=()
	local field
	while read -r field; do
		fields+=(--data-urlencode "$field")
	done < <(grep -o '<input[^>]*type="hidden"[^>]*>' "$PAGE" | sed -n 's/.*name="\([^"]*\)".*value="\([^"]*\)".*/\1=\2/p')
	for field; do
		fields+=(--data-urlencode "$field")
	done
	browse "$JAR" "$BROWSED" "${fields[@]}"
}

# ---- oidc-provider, whose versions differ in nothing of this -----------------------------------------------------

oidc_client() { # NAME GRANT VARIANT [JWK]
	idp_client "$1" "$(jq -n --arg grant "$2" --arg variant "$3" --argjson jwk "${4:-null}" '
		{client_credentials: ["client_credentials"], token_exchange: ["urn:ietf:params:oauth:grant-type:token-exchange"],
		 authorization_code: ["authorization_code", "refresh_token"],
		 device_code: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]} as $grants
		| {grant_types: ($grants[$grant] // ["client_credentials"]), application_type: "native"}
		+ if $grant == "authorization_code"
		  then {response_types: ["code"], redirect_uris: ["http://127.0.0.1/callback"]} else {} end
		+ if $variant == "public" or $variant == "api" then {token_endpoint_auth_method: "none", client_secret: null}
		  elif $jwk then {token_endpoint_auth_method: "private_key_jwt", client_secret: null,
			token_endpoint_auth_signing_alg: "ES256", jwks: {keys: [$jwk]}, strict_client_assertion: ($variant == "strict-key")}
		  elif $variant == "post" then {token_endpoint_auth_method: "client_secret_post"} else {} end')"
}
oidc_signs_in() {
	fills account=alice password=alice-at-idp login=
	fills scope=host.deploy scope=host.logs allow=
}
oidc_allows() { # CLIENT ADDRESS
	browse "$BATS_TEST_TMPDIR/jar.$1" "$2"
	oidc_signs_in
}
oidc_enters() { # CLIENT CODE
	browse "$BATS_TEST_TMPDIR/jar.$1" "$ISSUER/device"
	fills "user_code=$2"
	fills
	oidc_signs_in
}

# ---- one grant of one provider -----------------------------------------------------------------------------------

# What a test sets before it tries: PROVIDER as the table calls it, KIND (the prefix of the functions that know how),
# ISSUED_BY (its name in the registry), URL (its issuer), PERSON (who signs in), RESOURCE and SCOPE (lines of a profile).

# A line of the table's column "the client", and the settings of the profile, for each variant.
variant() { # NAME VARIANT
	secret="client_secret = { file = \"$KEYS/$1.secret\"; };" key="key = \"$KEYS/$1.pem\";" resource=$RESOURCE
	case $2 in
	basic) client='a secret, in the header' how=$secret ;;
	post) client='a secret, in the form' how="client_auth = \"client_secret_post\"; $secret" ;;
	stand-in) client='a secret; the grant is an extension of the tests, since oidc-provider has none' how=$secret ;;
	api) client=none how='client_auth = "none";' resource="resource = [ \"api://${1%-*}-exchange\" ];" ;;
	wrong) client='a secret that is not its own' how=$secret ;;
	public) client='none' how='client_auth = "none";' ;;
	key) client='a key' how="client_auth = \"private_key_jwt\"; $key" ;;
	endpoint-key)
		client='a key, `assertion_audience = "token_endpoint"`'
		how="client_auth = \"private_key_jwt\"; assertion_audience = \"token_endpoint\"; $key"
		;;
	strict-key)
		client='a key, held to RFC 7523bis: `assertion_typ = "client-authentication+jwt"`'
		how="client_auth = \"private_key_jwt\"; assertion_typ = \"client-authentication+jwt\"; $key"
		;;
	opaque) client='a secret; its access tokens are opaque' how=$secret resource= ;;
	esac
}

# Makes the client, its agent and its profile.
prepares() { # NAME GRANT VARIANT [SETTING]...
	local client how secret key resource jwk='' written="$1-secret"
	variant "$1" "$3"
	case $3 in
	*key)
		dev agentauth keygen --out "$KEYS/$1.pem" --json >"$KEYS/$1.json" 2>/dev/null
		jwk=$(jq -c .jwk "$KEYS/$1.json")
		;;
	wrong) written=another-secret ;;
	esac
	(umask 077 && echo "$written" >"$KEYS/$1.secret" && chown dev: "$KEYS/$1.secret")
	"${KIND}_client" "$1" "$2" "$3" "$jwk" >/dev/null
	agentauthctl register "$1" --role deploy --role logs --bind "$ISSUED_BY:$1" --user "$PERSON" >/dev/null
	cat >>/home/dev/profiles <<-END
		$1 = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "$1"; issuer = "$URL"; client_id = "$1";
		  ca_file = "$IDP/ca.pem"; grant = "$2"; $how $resource $SCOPE ${*:4}
		};
	END
	idp_write_profiles
}

# What agentauth said, in one line and as a cell of a table.
said_in_one_line() {
	sed -e 's/^agentauth[a-z -]*: //' -e 's/|/\\|/g' | awk '{ text = text (NR > 1 ? "; " : "") $0 } END { print "`" text "`" }'
}
row() { # NAME GRANT VARIANT RESULT
	local client how secret key resource
	variant "$1" "$3"
	printf '| %s | %s | %s | %s |\n' "$PROVIDER" "$2" "$client" "$4" >>"$ROWS"
}

# What came of a command that logs in.
login_result() { # NAME COMMAND...
	local name=$1 person
	shift
	audit_mark
	run "$@"
	if [ "$output" != "$name" ]; then
		grep -v -e 'Permission denied' -e 'Connection closed' <<<"$output" | said_in_one_line
		return
	fi
	person=$(audit_since_mark | jq -r -s 'map(select(.event == "auth" and .result == "ok")) | last.on_behalf_of // ""')
	echo "logs in${person:+ on behalf of $person}"
}
# Logs in through the stock sshd with what the grant gives, or says why there is nothing.
outcome() { # NAME
	run dev agentauth token --profile "$1" --fresh
	if [ "$status" -ne 0 ]; then
		said_in_one_line <<<"$output"
		return
	fi
	login_result "$1" dev agentauth ssh "$1@$HOST" id -un
}

# Whether a person is waited for by now, or the login has ended before.
said_or_over() { # PID
	said 'waits for the login' || ! kill -0 "$1" 2>/dev/null
}
# A grant for which a person is waited for: KIND_allows or KIND_enters does what the person does.
with_person() { # NAME GRANT VARIANT
	local login
	: >/home/dev/said
	dev agentauth token --profile "$1" --login --no-browser >/home/dev/token 2>/home/dev/said 3>&- &
	login=$!
	if wait_until said_or_over "$login" && said 'waits for the login'; then
		case $2 in
		device_code) "${KIND}_enters" "$1" "$(grep -A 2 'enter the code' /home/dev/said | tail -n 1 | tr -d ' ')" ;;
		*) "${KIND}_allows" "$1" "$(grep -o 'https://[^ ]*' /home/dev/said | head -n 1)" ;;
		esac
	else # it says something else than this story knows, and would wait for a person for ten minutes
		pkill -u dev -f 'agentauth token' || true
	fi
	if ! wait "$login"; then
		row "$1" "$2" "$3" "$(said_in_one_line </home/dev/said)"
		return
	fi
	chown dev: /home/dev/token
	row "$1" "$2" "$3" "$(login_result "$1" ssh_with /home/dev/token "$1@$HOST" id -un)"
	row "$1" "$2, refreshed" "$3" "$(outcome "$1")"
}

# Tries each line of standard input: NAME GRANT VARIANT [SETTING]... All clients are made before the first is tried.
tries() { # [COMMAND]: what the provider needs to know its clients
	local lines line name grant variant more
	mapfile -t lines
	for line in "${lines[@]}"; do
		read -r name grant variant more <<<"$line"
		prepares "$name" "$grant" "$variant" "$more"
	done
	"${@:-true}"
	for line in "${lines[@]}"; do
		read -r name grant variant more <<<"$line"
		case $grant in
		authorization_code | device_code) with_person "$name" "$grant" "$variant" ;;
		*) row "$name" "$grant" "$variant" "$(outcome "$name")" ;;
		esac
	done
}

# ---- the table ---------------------------------------------------------------------------------------------------

table_of_document() {
	sed -n '/^<!-- providers:/,/^<!-- end/{/^| Provider /d; /^| /p}' "$DOCUMENT"
}
versions() { # of the lines of a table
	cut -d'|' -f2 | sort -u
}
# A line without the version of its provider.
of_any_version() {
	sed -E 's/^(\| [^|]*) [0-9.]+ \|/\1 |/'
}
