# SPDX-License-Identifier: Apache-2.0
# A directory of people: a real slapd on this host, with TLS, and the real SSSD that asks it.
# shellcheck shell=bash disable=SC2154

DIRECTORY=/srv/directory # its data, its key, its certificate

# What SSSD demands before it shows anybody's password to a server: a certificate of an authority that it knows.
make_directory_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj '/CN=the authority of a directory' \
		-keyout $DIRECTORY/ca.key -out $DIRECTORY/ca.pem 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$HOST" -keyout $DIRECTORY/key.pem \
		-out $DIRECTORY/request 2>/dev/null
	openssl x509 -req -in $DIRECTORY/request -CA $DIRECTORY/ca.pem -CAkey $DIRECTORY/ca.key -days 2 -out $DIRECTORY/cert.pem \
		-extfile <(echo "subjectAltName=DNS:$HOST") 2>/dev/null
}

start_slapd() {
	install -d $DIRECTORY/data
	make_directory_certificate
	cat >$DIRECTORY/slapd.conf <<-END
		include /etc/ldap/schema/core.schema
		include /etc/ldap/schema/cosine.schema
		include /etc/ldap/schema/nis.schema
		include /etc/ldap/schema/inetorgperson.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		pidfile /run/slapd-directory.pid
		TLSCACertificateFile $DIRECTORY/ca.pem
		TLSCertificateFile $DIRECTORY/cert.pem
		TLSCertificateKeyFile $DIRECTORY/key.pem
		database mdb
		suffix dc=example,dc=com
		rootdn cn=admin,dc=example,dc=com
		rootpw admin-password
		directory $DIRECTORY/data
	END
	slapd -f $DIRECTORY/slapd.conf -h "ldaps://$HOST:6360 ldapi://%2Frun%2Fldapi" 3>&- >/dev/null 2>&1
	wait_until directory_answers
	directory_add <<-END
		dn: dc=example,dc=com
		objectClass: domain
		dc: example

		dn: ou=people,dc=example,dc=com
		objectClass: organizationalUnit
		ou: people

		dn: ou=groups,dc=example,dc=com
		objectClass: organizationalUnit
		ou: groups
	END
}

directory_answers() {
	ldapsearch -x -H ldapi://%2Frun%2Fldapi -s base -b '' >/dev/null 2>&1
}

directory_add() { # LDIF on standard input
	ldapadd -x -H ldapi://%2Frun%2Fldapi -D cn=admin,dc=example,dc=com -w admin-password >/dev/null
}

# A person, with a group of the same name, whose password is NAME-password.
directory_person() { # NAME UID GID
	directory_add <<-END
		dn: uid=$1,ou=people,dc=example,dc=com
		objectClass: inetOrgPerson
		objectClass: posixAccount
		uid: $1
		cn: $1
		sn: $1
		uidNumber: $2
		gidNumber: $3
		homeDirectory: /home/$1
		loginShell: /bin/bash
		userPassword: $1-password
	END
	install -d -m 0700 -o "$2" -g "$3" "/home/$1"
}

directory_group() { # NAME GID [MEMBER]...
	local name=$1 gid=$2 who
	shift 2
	{
		printf 'dn: cn=%s,ou=groups,dc=example,dc=com\nobjectClass: posixGroup\ncn: %s\ngidNumber: %s\n' "$name" "$name" "$gid"
		for who in "$@"; do echo "memberUid: $who"; done
	} | directory_add
}

start_sssd() {
	cat >/etc/sssd/sssd.conf <<-END
		[sssd]
		services = nss, pam
		domains = directory
		[nss]
		entry_negative_timeout = 0
		memcache_timeout = 0
		[domain/directory]
		id_provider = ldap
		auth_provider = ldap
		access_provider = permit
		ldap_uri = ldaps://$HOST:6360
		ldap_search_base = dc=example,dc=com
		ldap_tls_cacert = $DIRECTORY/ca.pem
		entry_cache_timeout = 1
		refresh_expired_interval = 0
	END
	chmod 600 /etc/sssd/sssd.conf
	sssd -D 3>&- >/dev/null 2>&1
	wait_until sssd_answers
}

sssd_answers() {
	[ "$(getent -s sss passwd "${SSSD_ASKED_FOR:-carol}")" ]
}

# By password: NAME-password.
person_ssh() { # NAME COMMAND
	printf '#!/bin/sh\necho "$PERSON-password"\n' >/usr/local/bin/person-askpass
	chmod 755 /usr/local/bin/person-askpass
	dev env PERSON="$1" SSH_ASKPASS=/usr/local/bin/person-askpass SSH_ASKPASS_REQUIRE=force \
		ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 "$1@$HOST" "$2"
}

# Which sources of names there are, and in which order.
names_from() { # SOURCE...
	sed -i "/^\(passwd\|group\|initgroups\):/d" /etc/nsswitch.conf
	printf 'passwd: %s\ngroup: %s\n' "$*" "$*" >>/etc/nsswitch.conf
}

# SSSD in the stacks that the shipped ones include, as its package puts it there.
people_from_sssd() {
	mv /usr/share/pam-configs.aside/sss /usr/share/pam-configs/
	DEBIAN_FRONTEND=noninteractive pam-auth-update --enable sss
}

# SSSD has forgotten what it was told earlier.
directory_is_known() {
	sleep 1.2
}

# Only carol is left, and her group.
directory_is_as_at_first() {
	local dn
	ldapsearch -x -LLL -o ldif-wrap=no -H ldapi://%2Frun%2Fldapi -b dc=example,dc=com \
		'(&(|(objectClass=posixAccount)(objectClass=posixGroup))(!(uid=carol))(!(cn=carol)))' dn |
		sed -n 's/^dn: //p' >"$DIRECTORY/newcomers"
	[ -s "$DIRECTORY/newcomers" ] || return 0
	while read -r dn; do
		ldapdelete -x -H ldapi://%2Frun%2Fldapi -D cn=admin,dc=example,dc=com -w admin-password "$dn"
	done <"$DIRECTORY/newcomers"
	directory_is_known
}
