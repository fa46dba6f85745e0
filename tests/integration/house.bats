#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The house in order: what the plugins need and export, headers, man pages, scripts, and what make install leaves.

load support

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	LIBDIR=/usr/lib/$(gcc -print-multiarch)
	export TOP LIBDIR
}

exported() { # OBJECT
	nm -D --defined-only "$1" | awk '$2 ~ /[TDBRWV]/ { print $3 }' | sed 's/@.*//' | sort
}
map() { # MAP: what stands under global:
	sed -n '/global:/,/local:/p' "$1" | grep -o '[A-Za-z_][A-Za-z0-9_]*;' | tr -d ';' | sort
}

@test "the NSS module needs libc alone" {
	run readelf -d "$LIBDIR/libnss_agentauth.so.2"
	expect_status 0
	needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$output")
	[ "$needed" = libc.so.6 ]
}

@test "the NSS module exports what its map says and nothing else" {
	[ "$(exported "$LIBDIR/libnss_agentauth.so.2")" = "$(map "$TOP"/nss/*.map)" ]
	[ -n "$(map "$TOP"/nss/*.map)" ]
}

@test "the PAM module exports what its map says and nothing else" {
	[ "$(exported "$LIBDIR/security/pam_agentauth.so")" = "$(map "$TOP"/pam/*.map)" ]
	[ "$(grep -c '^pam_sm_' < <(map "$TOP"/pam/*.map))" -eq 6 ]
}

@test "the approval plugin exports what its map says and nothing else" {
	run find /usr/lib /usr/libexec -name agentauth_approval.so
	[ "$(exported "$output")" = "$(map "$TOP"/sudo/*.map)" ]
	[ -n "$(map "$TOP"/sudo/*.map)" ]
}

@test "the PAM module needs neither libjwt, nor libconfig, nor libcurl, nor libcdb" {
	run readelf -d "$LIBDIR/security/pam_agentauth.so"
	expect_output 'NEEDED.*libcrypto'
	expect_no_output 'NEEDED.*(libjwt|libconfig|libcurl|libcdb|libssl)'
}

@test "agentauth loads libcurl only when it asks a provider" {
	run readelf -d /usr/bin/agentauth
	expect_output 'NEEDED.*libcrypto'
	expect_no_output 'NEEDED.*(libcurl|libssl)'
}

@test "both modules are mapped without a writable and executable page, and with every symbol bound at load" {
	for object in "$LIBDIR/libnss_agentauth.so.2" "$LIBDIR/security/pam_agentauth.so"; do
		run readelf -l -d "$object"
		expect_output 'GNU_RELRO'
		expect_output 'BIND_NOW|FLAGS.*NOW'
		expect_no_output 'GNU_STACK.*RWE'
	done
}

@test "every header compiles alone" {
	local header
	local -a flags
	read -ra flags < <(pkg-config --cflags libcrypto jansson libconfig libjwt libcurl)
	while read -r header; do
		run gcc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -D_GNU_SOURCE -I"$TOP" "${flags[@]}" \
			-include "$header" -x c /dev/null
		[ "$status" -eq 0 ] || printf '%s does not compile alone\n' "$header" >&2
		expect_status 0
	done < <(find "$TOP"/common "$TOP"/nss "$TOP"/pam "$TOP"/sudo "$TOP"/tools "$TOP"/tests -name '*.h')
}

@test "shellcheck has nothing to say about any script" {
	local -a scripts
	mapfile -t scripts < <(cd "$TOP" && grep -rlE '^#!(/bin/(ba)?sh|/usr/bin/env bats)' --exclude-dir=.git \
		--exclude-dir='build*' --exclude-dir=autom4te.cache --exclude=configure --exclude='configure~' . | grep -v '^./m4/')
	[ "${#scripts[@]}" -gt 10 ]
	cd "$TOP"
	run shellcheck -x "${scripts[@]}" tests/integration/*.bash
	expect_status 0
}

# The long options that a text names.
options() {
	grep -oE -e '--[a-z][a-z0-9-]+' | sort -u
}
page() { # a man page as text, with no word broken at a hyphen
	mandoc -T ascii -O width=1000 "$1" | col -b
}

# The commands that a --help lists: the first words of its indented lines.
listed() {
	sed -nE 's/^  ([a-z][a-z-]*( [a-z][a-z-]*)?)( [A-Z[<].*|  .*|)$/\1/p' | sort -u
}
# Each command of a program, "role add" too, on a line of its own.
commands_of() { # PROGRAM
	local name
	for name in $("$1" --help | listed); do
		echo "$name"
		"$1" "$name" --help | listed | grep "^$name " || :
	done
}
help_of() { # PROGRAM
	local words
	"$1" --help
	while read -ra words; do "$1" "${words[@]}" --help; done < <(commands_of "$1")
}

@test "man pages are well-formed" {
	local man
	for man in "$TOP"/man/*.[1-8]; do
		run mandoc -T lint -W warning "$man"
		expect_output '^$'
	done
}

same_options() { # PROGRAM PAGE
	help_of "$1" | options >"$BATS_TEST_TMPDIR/help"
	# What root types on a host, in an example, are another program's.
	page "$TOP/man/$2" | sed '/^[[:blank:]]*# /d' | options >"$BATS_TEST_TMPDIR/page"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/help")" -gt 5 ] || return 1
	run diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
	expect_output '^$'
}

@test "agentauthctl.8 names every option that --help knows, and no other" {
	same_options agentauthctl agentauthctl.8
}

@test "agentauth.1 names every option that --help knows, and no other" {
	same_options agentauth agentauth.1
}

@test "pam_agentauth.8 names every argument that the module knows, and no other" {
	local known
	known=$(grep -oE '"(session|statedir|rundir|logdir)="|"(use_first_pass|try_first_pass|debug)"' "$TOP/pam/args.c" | tr -d '"=' | sort -u)
	[ "$(wc -l <<<"$known")" -eq 7 ]
	run diff <(echo "$known") <(sed -nE '/^\.Sh (ARGUMENTS|OPTIONS)/,/^\.Sh/s/^\.It (Cm|Ar) ([a-z_]+).*/\2/p' \
		"$TOP/man/pam_agentauth.8" | sort -u)
	expect_output '^$'
}

@test "every command answers --help with 0 on standard output, and a wrong option with 2 on standard error" {
	local program words
	for program in agentauth agentauthctl; do
		run --separate-stderr "$program" --help
		expect_status 0
		[ -n "$output" ] && [ -z "$stderr" ]
		run --separate-stderr "$program" --no-such-option
		expect_status 2
		[ -z "$output" ] && [ -n "$stderr" ]
		[ "$(commands_of "$program" | wc -l)" -ge 7 ]
		while read -ra words; do
			run --separate-stderr "$program" "${words[@]}" --help
			expect_status 0
			[ -n "$output" ] && [ -z "$stderr" ]
		done < <(commands_of "$program")
	done
}

@test "every source has the form of .clang-format" {
	local -a sources
	. /etc/os-release
	if [ "$VERSION_ID" != 12 ]; then
		echo "# not applicable: the form is clang-format 14's, which Debian $VERSION_ID does not have" >&3
		return
	fi
	mapfile -t sources < <(find "$TOP"/{common,nss,pam,sudo,tools,tests,bench,fuzz} -name '*.[ch]')
	[ "${#sources[@]}" -gt 300 ]
	run clang-format --dry-run -Werror "${sources[@]}"
	expect_status 0
	printf 'int  main(void){return 0;}\n' >"$BATS_TEST_TMPDIR/odd.c"
	run clang-format --style="file:$TOP/.clang-format" --dry-run -Werror "$BATS_TEST_TMPDIR/odd.c"
	[ "$status" -ne 0 ]
}

@test "every source begins with its licence, and says in its second line what it is" {
	local file
	while read -r file; do
		[ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: Apache-2.0 */' ] || { echo "$file: no licence" >&2; return 1; }
		[[ "$(sed -n 2p "$file")" == "/* ${file##*/}: "* ]] || { echo "$file: no head line" >&2; return 1; }
	done < <(find "$TOP"/{common,nss,pam,sudo,tools,tests,bench,fuzz} -name '*.[ch]')
}

@test "agentauth runs without registry, and without root" {
	run as dev agentauth --version
	expect_status 0
	run as dev agentauth whoami
	expect_status 0
}

@test "what systemd-tmpfiles and logrotate get is well-formed" {
	run systemd-tmpfiles --create /usr/lib/tmpfiles.d/agentauth.conf
	expect_status 0
	run stat -c '%a %U' /run/agentauth
	expect_output '^700 root$'
}
