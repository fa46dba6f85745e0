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

@test "both stages of the PAM module export PAM's phases, the core one call more, and nothing else" {
	[ "$(exported "$LIBDIR/agentauth/pam_agentauth_core.so")" = "$(map "$TOP"/pam/*.map)" ]
	[ "$(exported "$LIBDIR/security/pam_agentauth.so")" = "$(map "$TOP"/pam/*.map | grep '^pam_sm_')" ]
	[ "$(grep -c '^pam_sm_' < <(map "$TOP"/pam/*.map))" -eq 6 ]
}

@test "the approval plugin exports what its map says and nothing else" {
	run find /usr/lib /usr/libexec -name agentauth_approval.so
	[ "$(exported "$output")" = "$(map "$TOP"/sudo/*.map)" ]
	[ -n "$(map "$TOP"/sudo/*.map)" ]
}

@test "the PAM module needs neither libjwt, nor libconfig, nor libcurl, nor libcdb" {
	run readelf -d "$LIBDIR/agentauth/pam_agentauth_core.so"
	expect_output 'NEEDED.*libjansson'
	expect_no_output 'NEEDED.*(libjwt|libconfig|libcurl|libcdb|libssl)'
}

@test "libcrypto is loaded where a signature is verified, and by no sudo of an agent" {
	local object
	for object in "$LIBDIR/agentauth/pam_agentauth_core.so" "$(find /usr/lib /usr/libexec -name agentauth_approval.so)" \
		/usr/libexec/agentauth/approved; do
		run readelf -d "$object"
		expect_output 'NEEDED.*libjansson'
		expect_no_output 'NEEDED.*libcrypto'
	done
}

@test "both programs load libcurl only when they ask a provider" {
	local program
	for program in /usr/bin/agentauth /usr/sbin/agentauthctl; do
		run readelf -d "$program"
		expect_output 'NEEDED.*libcrypto'
		expect_no_output 'NEEDED.*(libcurl|libssl)'
	done
}

@test "the modules are mapped without a writable and executable page, and with every symbol bound at load" {
	for object in "$LIBDIR/libnss_agentauth.so.2" "$LIBDIR/security/pam_agentauth.so" "$LIBDIR/agentauth/pam_agentauth_core.so"; do
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
		# Which other pages are installed is not the page's fault.
		run mandoc -T lint "$man"
		output=$(grep -v -e 'STYLE: referenced manual not found' -e 'outdated mandoc.db' <<<"$output" || :)
		expect_output '^$'
	done
}

same_options() { # PROGRAM PAGE
	help_of "$1" | options >"$BATS_TEST_TMPDIR/help"
	# What root types on a host, in an example, is another program's, and so is what stands behind another's command.
	page "$TOP/man/$2" | sed -E -e '/^[[:blank:]]*# /d' -e "s/\<(agentauth|agentauthctl) [a-z]+ (--[a-z-]+)/\1=\2/g" \
		-e "s/\<$1=(--[a-z-]+)/\1/g" -e 's/\<(agentauth|agentauthctl)=--[a-z-]+//g' | options >"$BATS_TEST_TMPDIR/page"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/help")" -gt 5 ] || return 1
	run diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
	expect_output '^$'
}

# The options of a help with their arguments, but for those whose argument is one of several words, or is taken away.
with_argument() {
	sed -nE 's/^  (--[a-z-]+ [A-Z][A-Za-z:=.,+@-]*)(  .*|)$/\1/p' | grep -v -e '^--no-' | sort -u
}

@test "both manuals call an option's argument as --help does" {
	local program option
	for program in agentauthctl.8 agentauth.1; do
		page "$TOP/man/$program" >"$BATS_TEST_TMPDIR/page"
		help_of "${program%.*}" | with_argument >"$BATS_TEST_TMPDIR/options"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -gt 10 ]
		while read -r option; do
			grep -qF -e "$option" "$BATS_TEST_TMPDIR/page" || { echo "$program has no $option" >&2; return 1; }
		done <"$BATS_TEST_TMPDIR/options"
	done
}

@test "agentauthctl.8 names every option that --help knows, and no other" {
	same_options agentauthctl agentauthctl.8
}

@test "agentauth.1 names every option that --help knows, and no other" {
	same_options agentauth agentauth.1
}

@test "every sentence that tells a person to do something has its test, or a reason, in orders.table" {
	{ help_of agentauth && help_of agentauthctl; } >"$BATS_TEST_TMPDIR/help"
	run "$TOP/tests/integration/orders" --check "$TOP" "$BATS_TEST_TMPDIR/help"
	expect_status 0
}

@test "every test that SECURITY.md names is there" {
	run "$TOP/tests/integration/named_tests" "$TOP"
	expect_status 0
	# A row whose test is gone is seen.
	{ cat "$TOP/SECURITY.md" && echo '| 0 | a threat | json: `no_test_has_this_name` |'; } >"$BATS_TEST_TMPDIR/SECURITY.md"
	ln -s "$TOP/tests" "$BATS_TEST_TMPDIR/tests"
	run "$TOP/tests/integration/named_tests" "$BATS_TEST_TMPDIR"
	expect_status 1
	expect_output 'json has no test no_test_has_this_name'
}

@test "no story and no script of ours has more than 500 lines" {
	local -a files
	mapfile -t files < <(find "$TOP"/tests "$TOP"/bench "$TOP"/fuzz -name '*.bats' -o -name '*.bash' -o -name '*.sh' -not -path '*/node_modules/*')
	[ "${#files[@]}" -gt 50 ]
	run awk 'FNR == 501 { print FILENAME " has more than 500 lines" }' "${files[@]}"
	expect_output '^$'
}

completed() { # PROGRAM WORD...: the words that may stand in the place of the last
	local program=$1
	shift
	"$program" --complete "$@" | cut -f 1 | sort -u
}

# The options that the lines of a help begin with.
listed_options() {
	sed -nE 's/^  (--[a-z-]+).*/\1/p' | sort -u
}

@test "what the shells complete is every command and option that --help knows, and no other" {
	local program words
	for program in agentauth agentauthctl; do
		# Commands of a family stand behind its name, and have the options.
		while read -ra words; do
			if ! "$program" "${words[@]}" --help | grep -qx Commands:; then
				run diff <("$program" "${words[@]}" --help | listed_options) \
					<({ completed "$program" "${words[@]}" --; } | grep -vxFf <(completed "$program" --) | grep -v '^$')
				expect_output '^$'
			fi
			run completed "$program" "${words[@]::${#words[@]} - 1}" "${words[-1]}"
			expect_output "^${words[-1]}$"
			run completed "$program" help "${words[@]::${#words[@]} - 1}" "${words[-1]}"
			expect_output "^${words[-1]}$"
		done < <(commands_of "$program")
		run diff <("$program" --help | listed_options) <(completed "$program" --)
		expect_output '^$'
	done
	run completed agentauthctl set x --mixed-sessions ''
	expect_output '^refuse$'
	run completed agentauth run root -- ''
	expect_output '^:commands$'
	run completed agentauthctl role add x --se
	expect_output '^--service$'
	run completed agentauthctl role add x --service ssh
	expect_output '^sshd$'
	run completed agentauthctl role add x --no-such
	expect_output '^$'
	run completed agentauth keygen --alg E
	[ "$(wc -l <<<"$output")" -eq 5 ]
}

complete_in_bash() { # LINE: what bash offers for its last word
	bash -c '. /usr/share/bash-completion/completions/agentauth.bash
		read -ra COMP_WORDS <<<"$1"
		[[ $1 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_agentauth "${COMP_WORDS[0]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$1" | sort
}

@test "bash completes commands, options, names, users and files, for people without /usr/sbin in their PATH too" {
	agentauthctl init >/dev/null 2>&1 || :
	agentauthctl register completed-1 --owner alice >/dev/null
	run complete_in_bash 'agentauthctl role r'
	expect_output '^remove$'
	run complete_in_bash 'agentauthctl show compl'
	expect_output '^completed-1$'
	run complete_in_bash 'agentauthctl list --js'
	expect_output '^--json$'
	run complete_in_bash 'agentauthctl register b --local-user roo'
	expect_output '^root$'
	run complete_in_bash 'agentauthctl register b --key /etc/pass'
	expect_output '^/etc/passwd$'
	run complete_in_bash 'agentauth ke'
	expect_output '^keygen$'
	run as dev env PATH=/usr/bin:/bin bash -c "$(declare -f complete_in_bash); complete_in_bash 'agentauthctl show compl'"
	expect_output '^completed-1$'
	agentauthctl retire completed-1 >/dev/null
	run complete_in_bash 'agentauthctl show compl'
	expect_output '^$'
}

@test "zsh completes the same, and says what each is" {
	run timeout 60 zsh -f "$TOP/tests/integration/zsh_complete" 'agentauthctl role r'
	expect_output 'agentauthctl role remove'
	run timeout 60 zsh -f "$TOP/tests/integration/zsh_complete" 'agentauthctl ro'
	expect_output 'rotate +-- register a new key'
	run timeout 60 zsh -f "$TOP/tests/integration/zsh_complete" 'agentauth profile '
	expect_output 'check'
}

@test "mistakes in the command line are answered as one JSON object by both tools, where that is asked for" {
	local program words
	for program in agentauth agentauthctl; do
		while read -ra words; do
			! "$program" "${words[@]}" --help | grep -qx Commands: || continue
			[ "$program" = agentauthctl ] || "$program" "${words[@]}" --help | listed_options | grep -qx -e --json || continue
			run --separate-stderr "$program" "${words[@]}" --json --no-such-option
			expect_status 2
			[ "$(jq -r '.result' <<<"$output")" = usage ]
			[[ "$(jq -r '.errors[0].what' <<<"$output")" == *"--no-such-option"* ]]
		done < <(commands_of "$program")
		run --separate-stderr "$program" --json no-such-command
		expect_status 2
		[ "$(jq -r '.result' <<<"$output")" = usage ]
		# What stands behind "--" is no wish for JSON.
		run --separate-stderr "$program" no-such-command -- --json
		expect_status 2
		[ -z "$output" ]
	done
}

@test "what fails is told as one JSON object by both tools, where that is asked for" {
	local order
	while read -ra order; do
		run --separate-stderr "${order[@]}"
		expect_status 1
		[ "$(jq -r '.result' <<<"$output")" = failed ]
		[ "$(jq -r '.errors | length' <<<"$output")" -ge 1 ]
		[ -z "$stderr" ]
	done <<-'END'
		agentauth keygen --public /nonexistent --json
		agentauth assert --agent a --audience b --key /nonexistent --json
		agentauth token --config /nonexistent --json
		agentauth verify --key /nonexistent --json
		agentauth profile list --config /nonexistent --json
		agentauth profile show x --config /nonexistent --json
		agentauthctl show nobody-here --json
		agentauthctl check --confdir /nonexistent --json
	END
	run --separate-stderr agentauth whoami --json
	expect_status 0
	[ "$(jq -r '.uid' <<<"$output")" = 0 ]
}

@test "help leads to the help of every command and of those in families, in both tools" {
	local program words
	for program in agentauth agentauthctl; do
		while read -ra words; do
			[ "$("$program" help "${words[@]}")" = "$("$program" "${words[@]}" --help)" ]
		done < <(commands_of "$program")
		[ "$("$program" help)" = "$("$program" --help)" ]
	done
}

misspelt() { # WORD: the same with one letter changed in its middle
	local middle=$((${#1} / 2))
	printf '%s' "${1::middle}_${1:middle + 1}"
}

@test "a command, sub-command or option that is nearly one is answered with it, and what is near none with none" {
	local program words option
	for program in agentauth agentauthctl; do
		while read -ra words; do
			run "$program" "${words[@]::${#words[@]} - 1}" "$(misspelt "${words[-1]}")"
			expect_status 2
			[ "${#words[-1]}" -lt 3 ] || expect_output "did you mean ${words[-1]}\\?"
			! "$program" "${words[@]}" --help | grep -qx Commands: || continue
			for option in $("$program" "${words[@]}" --help | listed_options); do
				[ "${#option}" -gt 4 ] || continue
				run "$program" "${words[@]}" "--$(misspelt "${option#--}")"
				expect_status 2
				expect_output "did you mean --"
			done
			run "$program" "${words[@]}" --xyzzy-frotz
			expect_status 2
			expect_no_output 'did you mean'
		done < <(commands_of "$program")
		run "$program" xyzzy-frotz
		expect_status 2
		expect_no_output 'did you mean'
	done
	run agentauthctl role add x --servise sshd
	expect_output 'did you mean --service\?'
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
	local -a sources
	mapfile -t sources < <(find "$TOP"/{common,nss,pam,sudo,tools,tests,bench,fuzz} -name '*.[ch]')
	head_lines() { # FILE...: those that do not begin as they should
		awk '
			FNR == 1 && $0 != "/* SPDX-License-Identifier: Apache-2.0 */" { print FILENAME ": no licence" }
			FNR == 2 { name = FILENAME; sub(/.*\//, "", name); if ($0 !~ "^/[*] " name ":? ") print FILENAME ": no head line" }
		' "$@"
	}
	run head_lines "${sources[@]}"
	expect_output '^$'
	printf 'int x;\nint y;\n' >"$BATS_TEST_TMPDIR/odd.c"
	run head_lines "$BATS_TEST_TMPDIR/odd.c"
	expect_output 'no licence'
	expect_output 'no head line'
}

@test "agentauth runs without registry, and without root" {
	run as dev agentauth --version
	expect_status 0
	run as dev agentauth whoami
	expect_status 0
}

@test "what systemd-tmpfiles gets is well-formed" {
	run systemd-tmpfiles --create /usr/lib/tmpfiles.d/agentauth.conf
	expect_status 0
	run stat -c '%a %U' /run/agentauth
	expect_output '^700 root$'
}
