#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shape of the code: no function over 60 lines, no file over its limit, those of the tests too, and no function of the
# product that is external and called by its own file alone.
set -eu
# make check runs it in the build's tests directory and sets srcdir.
build=$PWD/..
cd "${srcdir:?is set by make check}/.."
failed=0

none() { # WHAT FOUND
	if [ -z "$2" ]; then
		echo "ok: $1"
	else
		failed=1
		printf 'FAILED: %s\n%s\n' "$1" "$2"
	fi
}

sources=$(find common nss pam sudo tools -name '*.c' | sort)
[ "$(echo "$sources" | wc -l)" -gt 100 ] || { echo 'FAILED: hardly a source was found'; exit 1; }

# The form is clang-format's: a function's braces stand alone at the beginning of a line.
long_functions() { # MOST FILE...
	most=$1
	shift
	awk -v most="$most" '/^\{$/ { from = FNR } /^\}$/ { if (from && FNR - from + 1 > most) print FILENAME ":" from ": " FNR - from + 1 " lines"; from = 0 }' "$@"
}
long_files() { # MOST FILE...
	most=$1
	shift
	wc -l "$@" | awk -v most="$most" '$2 != "total" && $1 > most { print $2 ": " $1 " lines" }'
}
tests=$(find tests/unit fuzz bench -name '*.[ch]' | sort)
[ "$(echo "$tests" | wc -l)" -gt 100 ] || { echo 'FAILED: hardly a test was found'; exit 1; }
# shellcheck disable=SC2086 # the list is words
none 'no function has more than 60 lines' "$(long_functions 60 $sources $tests)"
# shellcheck disable=SC2086
[ -n "$(long_functions 30 $sources)" ] || { echo 'FAILED: no function was measured'; exit 1; }
# shellcheck disable=SC2086
none 'no file has more than 500 lines' "$(long_files 500 $sources $tests)"

# An array without elements may be NULL, which both must not get.
# shellcheck disable=SC2086
none 'arrays are sorted and searched by common/text/sort.h alone' \
	"$(grep -nE '(^|[^_[:alnum:]])(qsort|bsearch)\(' $sources || true)"

# The rule for comments: the first sentence has a subject and a verb, and names an agent, a caller or a file. These words
# begin one that has not.
vague() { # FILE...
	grep -HnE '^[[:space:]]*/\* (Who|Whoever|Whom|Whose|What|Whatever|It|The same|The one|That|Those|Whether|How) ' "$@" || true
}
[ -n "$(echo '/* What is there. */' | vague -)" ] || { echo 'FAILED: no comment was measured'; exit 1; }
# shellcheck disable=SC2046 # the list is words
none 'no comment begins without its subject' "$(vague $(find common nss pam sudo tools -name '*.[ch]' | sort))"

# Of each object: what it defines for others, and what it wants of others. An object without a source is of a file that is
# gone.
objects() {
	find "$build/common" "$build/nss" "$build/pam" "$build/sudo" "$build/tools" -name '*.o' | while read -r object; do
		source=$(echo "${object#"$build"/}" | sed 's:\.o$:.c:')
		[ ! -e "$source" ] || echo "$object"
	done
}
symbols() {
	objects | xargs nm -A 2>/dev/null |
		awk '{ sub(/:.*/, "", $1) } $(NF - 1) == "T" || $(NF - 1) == "U" { print $(NF - 1), $NF, $1 }'
}
# The unit tests, the fuzzers and the benchmarks call, too.
uncalled() {
	awk '$1 == "T" { file[$2] = $3 } $1 == "U" { wanted[$2] = 1 } END { for (s in file) if (!(s in wanted)) print s, file[s] }' |
		grep -vE '^(main|pam_sm_[a-z_]+|agentauth_unopened|_nss_agentauth_[a-z0-9_]+) ' | sort | while read -r name file; do
		grep -rqw "$name" tests/unit fuzz bench --include='*.c' || echo "$name $file"
	done
}
all=$(symbols)
[ "$(echo "$all" | grep -c '^T ')" -gt 500 ] || { echo 'FAILED: hardly a function was found'; exit 1; }
none 'every external function is called from another file' "$(echo "$all" | uncalled)"
[ -n "$(printf 'T lonely a.o\nT used b.o\nU used a.o\n' | uncalled)" ] || { echo 'FAILED: a lonely function would not be seen'; exit 1; }
exit $failed
