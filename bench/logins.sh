#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a login costs through the real sshd, from ssh's start to its end, with a command that does nothing: an agent's by a
# credential beside a person's by a key and by a password, and opkssh's, whose certificate is made beforehand as our credential is.
# Usage: logins.sh BUILDDIR, as root, with the box that `quickstart bench` makes, and opkssh of Debian 13 in BUILDDIR/opkssh.
# BENCH_QUICK=yes: few of each.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
# shellcheck source=bench/row.bash
. "$here/row.bash"
area=logins rounds=40
[ "${BENCH_QUICK-}" != yes ] || rounds=4

{ [ $# -eq 1 ] && [ -d "$1" ]; } || { echo 'usage: logins.sh BUILDDIR' >&2; exit 2; }
row_only_in_box "$(cd "$1" && pwd)" "$here/logins.sh" "$(cd "$1" && pwd)"

build=$1
dir=$(mktemp -d)
host=web01.example.com keys=/home/dev/keys tests=/usr/local/libexec/agentauth-tests
row_begin

dev() {
	setpriv --reuid dev --regid dev --init-groups --reset-env -- "$@" </dev/null
}
prepare_agent() {
	agentauthctl init >/dev/null
	agentauthctl role add deploy --service sshd >/dev/null
	install -d -m 0700 -o dev -g dev $keys
	install -D -m 0755 -t $tests "$top/tests/integration/answer"
	dev agentauth keygen --alg ES256 --out $keys/builder-7.pem >$keys/builder-7.pub 2>/dev/null
	agentauthctl register builder-7 --role deploy --key $keys/builder-7.pub >/dev/null
}

# opkssh, by the commands that tests/roots/opkssh.bash counts: its provider, sshd's command, who may come, and one login there.
prepare_opkssh() {
	local issuer=https://$host:8443 config
	openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
		-keyout "$dir/op.key" -out /usr/local/share/ca-certificates/op.crt 2>/dev/null
	update-ca-certificates >/dev/null 2>&1
	"$top/tests/roots/provider" "$issuer" "$dir/op.key" /usr/local/share/ca-certificates/op.crt >"$dir/provider.log" 2>&1 &
	provider=$!
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\nexec curl -sSL -b "" -o /dev/null "$1"\n' >/usr/local/bin/xdg-open
	chmod 755 /usr/local/bin/xdg-open
	for _ in $(seq 100); do curl -sf -o /dev/null "$issuer/jwks" && break; sleep 0.1; done
	install -m 755 "$build/opkssh/usr/bin/opkssh" /usr/bin/opkssh
	useradd --system --user-group --no-create-home --shell /usr/sbin/nologin opksshuser
	install -d /etc/opk
	install -m 640 -g opksshuser /dev/null /etc/opk/auth_id
	install -m 640 -g opksshuser /dev/null /etc/opk/providers
	echo "$issuer opkssh 24h" >/etc/opk/providers
	install -m 660 -g opksshuser /dev/null /var/log/opkssh.log
	config=/etc/ssh/sshd_config.d/opkssh.conf
	printf '%s\n' 'Match User worker-7' 'AuthorizedKeysCommand /usr/bin/opkssh verify %u %k %t' 'AuthorizedKeysCommandUser opksshuser' >$config
	useradd --create-home --shell /bin/bash worker-7
	opkssh add worker-7 agent@example.com "$issuer" >/dev/null
	kill -HUP "$(cat /run/sshd.pid)"
	sleep 0.3
	dev opkssh login --provider="$issuer,opkssh" >"$dir/login.log" 2>&1
	opkssh_key=$(find /home/dev/.ssh -name 'id_ecdsa*' ! -name '*.pub' | head -n 1)
	[ "$opkssh_key" ]
}

# It is good once, and for a minute.
before_credential() {
	"$top/tests/integration/forge" --agent builder-7 --key $keys/builder-7.pem >$keys/token && chown dev: $keys/token
}
credential() {
	dev env TOKEN_FILE=$keys/token SSH_ASKPASS=$tests/answer SSH_ASKPASS_REQUIRE=force \
		ssh -o NumberOfPasswordPrompts=1 "builder-7@$host" true
}
# shellcheck disable=SC2317 # row_turns calls them
{
	key() {
		dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i /home/dev/.ssh/id_alice "alice@$host" true
	}
	password() {
		dev env SSH_ASKPASS=/usr/local/bin/alice-askpass SSH_ASKPASS_REQUIRE=force \
			ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 "alice@$host" true
	}
	opkssh_() {
		dev ssh -o BatchMode=yes -o IdentitiesOnly=yes -i "$opkssh_key" "worker-7@$host" true
	}
}

prepare_agent
peers=(key password)
if [ -x "$build/opkssh/usr/bin/opkssh" ] && prepare_opkssh; then
	peers+=(opkssh_)
else
	cat "$dir"/*.log >&2 2>/dev/null || :
fi
before_credential
for login in credential "${peers[@]}"; do # the first makes homes, and fills caches
	"$login" >/dev/null || { echo "logins.sh: a login by ${login%_} failed" >&2; exit 1; }
done
row_turns $rounds "$dir" credential "${peers[@]}"
beside() { # PEER FILE LIMIT
	row area=$area name='login with a credential' unit=us ours="@$dir/credential" peer="$1" theirs="@$dir/$2" by=ratio limit="$3" \
		note="$rounds of each"
}
beside 'a public key' key 1.0
beside 'a password' password 1.0
if [ -e "$dir/opkssh_" ]; then
	beside opkssh opkssh_ 0.6
else
	row_failed area=$area name='login with a credential' unit=us peer=opkssh by=ratio limit=0.6 why='opkssh could not be set up'
fi
kill "${provider-}" 2>/dev/null || :
row_end
