# SPDX-License-Identifier: Apache-2.0
# opkssh by Debian's package in the same root, counted by the same rule: each command that a person types from nothing to the
# first login with sudo. They are the fewest that do what the package's README says of a server.
# shellcheck shell=bash disable=SC2154,SC2153,SC2016

ISSUER=https://$HOST:8443

# What a site has already: a provider. Its browser logs in by itself.
provider_is_there() {
	online apt-get -q -y --no-install-recommends install python3 curl ca-certificates >/dev/null 2>&1 || return
	openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj "/CN=$HOST" -addext "subjectAltName=DNS:$HOST" \
		-keyout /run/story/op.key -out /usr/local/share/ca-certificates/op.crt 2>/dev/null
	update-ca-certificates >/dev/null 2>&1
	"$tests/roots/provider" "$ISSUER" /run/story/op.key /usr/local/share/ca-certificates/op.crt >/var/log/provider.out 2>&1 &
	printf '#!/bin/sh\nexec curl -sSL -b "" -o /dev/null "$1"\n' >/usr/local/bin/xdg-open
	chmod 755 /usr/local/bin/xdg-open
	wait_until curl -sf -o /dev/null "$ISSUER/jwks"
}
# Debian 12 has no opkssh; trixie's needs nothing that it lacks.
opkssh_package() {
	apt-cache show opkssh >/dev/null 2>&1 && return
	echo "   (this release has no package opkssh: trixie's is taken)"
	echo "deb ${MIRROR:-http://deb.debian.org/debian} trixie main" >/run/story/trixie.list
	mkdir -p /run/story/lists/partial
	(cd /root && online apt-get -q -o Dir::Etc::sourcelist=/run/story/trixie.list -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists=/run/story/lists -o APT::Sandbox::User=root update &&
		online apt-get -q -o Dir::Etc::sourcelist=/run/story/trixie.list -o Dir::Etc::sourceparts=/dev/null \
			-o Dir::State::lists=/run/story/lists -o APT::Sandbox::User=root download opkssh) >/dev/null 2>&1
	opkssh='./opkssh_*.deb'
}
opkssh_commands() { # a line each: WHO HOST COMMAND
	cat <<-END
		root web01 apt install $opkssh
		root web01 useradd --system --user-group --no-create-home --shell /usr/sbin/nologin opksshuser
		root web01 install -d /etc/opk && install -m 640 -g opksshuser /dev/null /etc/opk/auth_id && install -m 640 -g opksshuser /dev/null /etc/opk/providers
		root web01 echo '$ISSUER opkssh 24h' >/etc/opk/providers
		root web01 install -m 660 -g opksshuser /dev/null /var/log/opkssh.log
		root web01 printf '%s\n' 'AuthorizedKeysCommand /usr/bin/opkssh verify %u %k %t' 'AuthorizedKeysCommandUser opksshuser' >/etc/ssh/sshd_config.d/opkssh.conf
		root web01 systemctl reload ssh
		root web01 useradd --create-home --shell /bin/bash worker-7
		root web01 opkssh add worker-7 agent@example.com $ISSUER
		root web01 echo 'worker-7 ALL=(root) NOPASSWD: /usr/bin/systemctl restart app' >/etc/sudoers.d/worker-7
		root laptop apt install $opkssh
		agent laptop opkssh login --provider=$ISSUER,opkssh
		agent laptop ssh worker-7@$HOST sudo systemctl restart app
	END
}
opkssh_beside() {
	local who host command opkssh=opkssh
	provider_is_there || return
	opkssh_package
	n=0 spent=0
	while read -r who host command <&4; do
		n=$((n + 1))
		step "$who@$host: $command" types "$who" "$host" "$command"
	done 4< <(opkssh_commands)
	tell "$spent" '' "in all, for one host and one agent, until the first login with sudo: $n commands typed, $spent s; agentauth's: $login"
}
