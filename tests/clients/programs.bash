# SPDX-License-Identifier: Apache-2.0
# What the story of the clients needs around it: programs, keys in each client's own form, a host that takes passwords.
# shellcheck shell=bash disable=SC2154

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DOCUMENT=$TOP/doc/clients.md

# The programs that the document shows are the ones that run: each stands behind a line "<!-- program: NAME -->".
extract_programs() { # INTO
	awk -v into="$1" '
		/^<!-- program: / { name = $3; next }
		/^```/ { if (out) { close(out); out = name = "" } else if (name) out = into "/" name; next }
		out { print > out }' "$DOCUMENT"
}
table_of_document() {
	sed -n '/^<!-- clients:/,/^<!-- end/{/^| Client /d; /^| /p}' "$DOCUMENT"
}

make_programs() {
	[ -d "$AGENTAUTH_BUILD/clients/node_modules" ] || {
		echo "npm's clients are missing: tests/from-npm tests/clients BUILDDIR/clients fetches them, as quickstart does" >&2
		return 1
	}
	install -d -m 0755 "$PROGRAMS/node_modules"
	mount --bind "$AGENTAUTH_BUILD/clients/node_modules" "$PROGRAMS/node_modules"
	install -m 0755 -t "$PROGRAMS" "$TOP"/tests/clients/*.mjs "$TOP/tests/clients/python_client"
	extract_programs "$PROGRAMS"
	gcc -Wall -Wextra -o "$PROGRAMS/libssh_client" "$TOP/tests/clients/libssh_client.c" -lssh
	# Of the long form.
	[ ! -e "$AGENTAUTH_BUILD/clients/go_answer" ] ||
		install -m 0755 -t "$PROGRAMS" "$AGENTAUTH_BUILD/clients/go_answer" "$AGENTAUTH_BUILD/clients/go_client"
	echo pwd >"$PROGRAMS/batch"
	ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2 >"$PROGRAMS/fingerprint"
}

# The agent's key and one that nobody knows, and the profiles that sign with them.
make_keys() {
	local name
	for name in good stranger; do
		dev ssh-keygen -q -t ecdsa -N '' -f "$KEYS/$name"
		dev puttygen "$KEYS/$name" -o "$KEYS/$name.ppk" -O private
		dev dropbearconvert openssh dropbear "$KEYS/$name" "$KEYS/$name.dropbear" 2>/dev/null
		cp -p "$KEYS/$name" "$KEYS/$name.pem"
		ssh-keygen -q -p -m PEM -P '' -N '' -f "$KEYS/$name.pem" >/dev/null
		cat >"$KEYS/$name.conf" <<-END
			profiles = {
			  web = { hosts = [ "$HOST" ]; audiences = [ "ssh://$HOST" ]; agent = "$AGENT"; key = "$KEYS/$name"; };
			};
		END
		chown dev: "$KEYS/$name.conf"
		chmod 600 "$KEYS/$name.conf"
	done
	agentauthctl register "$AGENT" --key "$KEYS/good.pub" --role deploy >/dev/null
	# Dropbear reads neither a list of names nor a comment; other ports have names of their own.
	{
		sed "s/^/$HOST /; s/ [^ ]*@[^ ]*\$//" /etc/ssh/ssh_host_*_key.pub
		sed "s/^/[$HOST]:2222 /" /etc/ssh/ssh_host_*_key.pub
	} >>/home/dev/.ssh/known_hosts
}

make_repository() {
	touch_home "$AGENT" first
	as "$AGENT" git init -q --bare "$(getent passwd "$AGENT" | cut -d: -f6)/repository"
}

# As doc/clients.md says: one file before ours. A client that would rather be prompted is not.
sshd_with_password() {
	mkdir /etc/ssh/with-password
	printf 'Match Group agents\n\tPasswordAuthentication yes\n\tAuthenticationMethods password publickey\n' \
		>/etc/ssh/with-password/agentauth-password.conf
	cp /etc/ssh/sshd_config.d/*.conf /etc/ssh/with-password/
	sed 's,^Include .*,Include /etc/ssh/with-password/*.conf,' /etc/ssh/sshd_config >/etc/ssh/sshd_config.password
	sshd_on_2222
}
sshd_on_2222() {
	second_sshd -f /etc/ssh/sshd_config.password
}
