#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# long: it begins first.
# stock: what a release says of itself: what it is made of, where it comes from, who signed it, and where its holes go.

load support

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	BOM=$AGENTAUTH_BUILD/packages/agentauth-0.1.0.spdx.json
	export TOP BOM
	# A checkout of its own that has a tag, with what configure found in the build.
	export CHECKOUT=/var/checkout
	mkdir "$CHECKOUT"
	tar -C "$TOP" --exclude=./build --exclude=./build-sanitizers --exclude=./build-fuzz --exclude=./.git -c . | tar -C "$CHECKOUT" -x
	cd "$CHECKOUT" || return 1
	git init -q . && git config user.email releases@example.com && git config user.name releases
	git add . && git commit -q -m release && git tag v0.1.0
	configured "$CHECKOUT"
	ssh-keygen -q -t ed25519 -N '' -C releases@example.com -f /var/release_key
	echo "releases@example.com $(cat /var/release_key.pub)" >/var/allowed
}

configured() { # CHECKOUT
	mkdir "$1/build"
	sed "s|$AGENTAUTH_BUILD|$1/build|g; s|$TOP|$1|g" "$AGENTAUTH_BUILD/config.status" >"$1/build/config.status"
	(cd "$1/build" && sh ./config.status >/dev/null 2>&1)
}
released() { # CHECKOUT [ASSIGNMENT]...
	local dir=$1/build
	shift
	make --no-print-directory -C "$dir" release SECURITY_CONTACT=security@agentauth.test KEY=/var/release_key "$@"
}
# The first half alone, which lays nothing out.
checked() { # KEY [ADDRESS]
	"$CHECKOUT/packaging/release" check "$CHECKOUT" 0.1.0 "${2-security@agentauth.test}" "$1"
}
verified() { # FILE SIGNATURE
	ssh-keygen -Y verify -f /var/allowed -I releases@example.com -n agentauth-release -s "$2" <"$1"
}

@test "the SBOM has what the packages have, and the published schema of SPDX 2.3 has nothing to say" {
	run "$TOP/tests/schemas/check_sbom" "$BOM" "$AGENTAUTH_BUILD/packages"
	expect_status 0
	echo "# $output" >&3
	# A hash that is another, a file that is left out, a member that the schema wants: each is seen.
	jq '(.files[] | select(.fileName | endswith("pam_agentauth.so")).checksums[1].checksumValue) |= sub("^.."; "00")' "$BOM" >/run/bent.json
	run "$TOP/tests/schemas/check_sbom" /run/bent.json "$AGENTAUTH_BUILD/packages"
	expect_status 1
	expect_output 'pam_agentauth.so: other bytes'
	jq 'del(.creationInfo.created)' "$BOM" >/run/bent.json
	run "$TOP/tests/schemas/check_sbom" /run/bent.json "$AGENTAUTH_BUILD/packages"
	expect_status 1
	expect_output "schema: creationInfo: 'created' is a required property"
}

@test "the SBOM names the libraries with version and licence, the one that is linked in too, and the reporting address" {
	linked() { # PACKAGE HOW
		jq -r --arg p "SPDXRef-package-$1" --arg how "$2" '.relationships[] | select(.spdxElementId == $p and .relationshipType == $how).relatedSpdxElement' "$BOM"
	}
	[ "$(linked libnss-agentauth DYNAMIC_LINK)" = SPDXRef-library-libc6 ]
	[ "$(linked libnss-agentauth STATIC_LINK)" = SPDXRef-library-libcdb-dev ]
	[ -z "$(linked agentauth STATIC_LINK)" ]
	[[ "$(linked libpam-agentauth DYNAMIC_LINK)" = *SPDXRef-library-libjansson4* ]]
	run linked libpam-agentauth DEPENDS_ON # which it loads where a signature is verified
	expect_output '^SPDXRef-library-libssl3'
	[ "$(jq -r '.packages[] | select(.name == "libjansson4") | .versionInfo' "$BOM")" = "$(dpkg-query -W -f '${Version}' libjansson4)" ]
	[ "$(jq -r '.packages[] | select(.name | startswith("libssl3")) | .licenseDeclared' "$BOM")" = Apache-2.0 ]
	run jq -r '.packages[] | select(.name == "agentauth-host") | .externalRefs[].referenceLocator' "$BOM"
	expect_output '^mailto:.*@'
}

@test "a release has a signature that fits, and a flipped byte has none" {
	run released "$CHECKOUT"
	expect_status 0
	run verified "$CHECKOUT"/build/agentauth-0.1.0.tar.xz "$CHECKOUT"/build/agentauth-0.1.0.tar.xz.sig
	expect_status 0
	expect_output 'Good "agentauth-release" signature for releases@example.com'
	cp "$CHECKOUT"/build/agentauth-0.1.0.tar.xz /var/bent.xz
	printf '\x01' | dd of=/var/bent.xz bs=1 seek=5000 conv=notrunc status=none
	run verified /var/bent.xz "$CHECKOUT"/build/agentauth-0.1.0.tar.xz.sig
	[ "$status" -ne 0 ]
	[ ! -e "$CHECKOUT"/build/agentauth-0.1.0 ]
}

@test "a release says its commit and where its holes are reported, in each place where one would look" {
	mkdir /var/unpacked
	tar -C /var/unpacked -xJf "$CHECKOUT"/build/agentauth-0.1.0.tar.xz
	cd /var/unpacked/agentauth-0.1.0 || return 1
	[ "$(cat source-commit)" = "$(git -C "$CHECKOUT" rev-parse HEAD)" ]
	grep -q 'Mail a report to security@agentauth.test' SECURITY.md
	grep -qx 'Security-Contact: security@agentauth.test' debian/upstream/metadata
	! grep -rl 'security@agentauth\.example' SECURITY.md debian || return 1
	# The tree's own address is one address, too.
	grep -q "Mail a report to $(sed -n 's/^Security-Contact: //p' "$TOP/debian/upstream/metadata")" "$TOP/SECURITY.md"
}

@test "the same release comes of another path, umask, time zone and language, byte by byte" {
	local first
	first=$(sha256sum <"$CHECKOUT"/build/agentauth-0.1.0.tar.xz)
	cp -a "$CHECKOUT" /var/elsewhere
	rm -rf /var/elsewhere/build
	find /var/elsewhere -name .git -prune -o -type f -exec touch -d 2001-02-03 {} +
	configured /var/elsewhere
	(umask 0027 && cd / && TZ=Asia/Kathmandu LC_ALL=C.UTF-8 released /var/elsewhere) >/dev/null
	[ "$(sha256sum </var/elsewhere/build/agentauth-0.1.0.tar.xz)" = "$first" ]
}

@test "gpg signs as well, and its signature of other bytes fits nothing" {
	export GNUPGHOME=/var/gnupg
	mkdir -m 700 "$GNUPGHOME"
	mkdir -p /var/signed/agentauth-0.1.0
	cd /var/signed || return 1
	gpg --batch --quiet --passphrase '' --quick-generate-key releases@example.com ed25519 sign 1d 2>/dev/null
	checked releases@example.com
	run "$CHECKOUT/packaging/release" sign "$CHECKOUT" agentauth-0.1.0 releases@example.com
	expect_status 0
	gpg --verify agentauth-0.1.0.tar.xz.asc agentauth-0.1.0.tar.xz 2>/dev/null
	echo >>agentauth-0.1.0.tar.xz
	run gpg --verify agentauth-0.1.0.tar.xz.asc agentauth-0.1.0.tar.xz
	[ "$status" -ne 0 ]
}

@test "no release is made of a dirty checkout, without its tag, of another commit, without key or address" {
	local key=/var/release_key
	cd "$CHECKOUT" || return 1
	checked $key
	run checked ''
	expect_output 'no key is named'
	run checked /var/no-such-key
	expect_output 'there is no file /var/no-such-key, and gpg has no secret key of that name'
	run checked $key security@agentauth.example
	expect_output 'nobody reads security@agentauth.example: configure --with-security-contact=ADDRESS first'
	echo >>README.md
	run checked $key
	expect_status 1
	expect_output 'the checkout is not what was committed:  M README.md'
	git checkout -q README.md
	touch of-nobody
	run checked $key
	expect_output 'the checkout is not what was committed: \?\? of-nobody'
	rm of-nobody
	git commit -q --allow-empty -m later
	run checked $key
	expect_output 'the tag v0.1.0 is not on the commit that is checked out'
	git tag -d v0.1.0 >/dev/null
	run checked $key
	expect_status 1
	expect_output 'there is no tag v0.1.0'
	git tag v0.1.0
	checked $key
}

@test "each test and each section of a man page that the page of controls names is there" {
	run "$TOP/tests/integration/named_tests" "$TOP" doc/controls.md 100
	expect_status 0
	mkdir /run/bent
	ln -s "$TOP/tests" "$TOP/man" /run/bent/
	sed 's/agentauthctl(8) "Agents"/agentauthctl(8) "Angels"/; s/| people: "the stacks/| peoples: "the stacks/' "$TOP/doc/controls.md" >/run/bent/controls.md
	run "$TOP/tests/integration/named_tests" /run/bent controls.md 100
	expect_status 1
	expect_output 'agentauthctl\(8\) has no section "Angels"'
	expect_output 'there is neither test_peoples.c nor peoples.bats'
}

@test "the audit pack lists what can be reached as the packages have it, and each test that it names is there" {
	local deb dest=/run/dest
	mkdir "$dest"
	for deb in "$AGENTAUTH_BUILD"/packages/*.deb; do
		case $deb in *-dbgsym_*) continue ;; esac
		dpkg-deb -x "$deb" "$dest"
	done
	run "$TOP/packaging/attack-surface" "$TOP" "$dest"
	expect_status 0
	chmod u+s "$dest/usr/bin/agentauth"
	run "$TOP/packaging/attack-surface" "$TOP" "$dest"
	expect_status 1
	expect_output 'doc/audit-pack.md is not what the tree has'
	run "$TOP/tests/integration/named_tests" "$TOP" doc/audit-pack.md 3
	expect_status 0
}
