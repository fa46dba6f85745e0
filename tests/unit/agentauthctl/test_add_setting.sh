#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A setting is one line of settings.def: one is added to a copy of the tree, and is then in the text's reader, in the record, in the
# reader of the record, among the options, in their help and completion, and in the manual. Only what includes the table is built.
set -eu
build=$(cd .. && pwd)
source=$(cd "${srcdir:?is set by make check}/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

ok() { # WHAT CONDITION...
	what=$1
	shift
	if "$@" >/dev/null; then
		echo "ok: $what"
	else
		failed=1
		echo "FAILED: $what"
		tail -n 20 "$dir/out"
	fi
}

# ---- a copy, with one setting more ------------------------------------------------

# Where the build lies as seen from the sources, so that the paths in its Makefiles hold in the copy.
case $build in
"$source"/*) at=${build#"$source"/} ;;
*)
	echo "SKIPPED: the build lies outside of the sources"
	exit 77
	;;
esac
mkdir -p "$dir/$at"
for folder in common nss pam sudo tools tests man fuzz bench etc; do
	[ "$folder" = "$at" ] || cp -a "$source/$folder" "$dir/"
done
find "$source" -maxdepth 1 -type f -exec cp -a {} "$dir/" \;
for folder in common tools config.h config.status stamp-h1 Makefile; do
	cp -a "$build/$folder" "$dir/$at/"
done
mkdir "$dir/$at/tests"
(cd "$build/tests" && tar -cf - Makefile ./*.a unit/*/.deps unit/support) | tar -xf - -C "$dir/$at/tests"
# A build that was configured by an absolute path names the sources so.
find "$dir/$at" \( -name Makefile -o -name '*.P*o' \) -exec sed -i "s|$source/|$dir/|g; s|$source\$|$dir|" {} +

awk '{ print }
/^NUMBER\(role, max_sessions,/ { seen = 1 }
seen && /^\tMANUAL/ {
	print "NUMBER(role, grace_period, OPTIONAL, IF_SET, 0, 1, 900)"
	print "\tOPTION(role, \"grace-period\", SECONDS, \"SECONDS\", grace_period, \"how long it is waited at the end\")"
	print "\tMANUAL(\"Seconds that are waited at the end.\")"
	seen = 0
}' "$source/common/verify/settings.def" >"$dir/common/verify/settings.def"
ok "the table has one setting more" test "$(diff "$source/common/verify/settings.def" "$dir/common/verify/settings.def" | grep -c '^>')" -eq 3

flags="$(sed -n 's/^CFLAGS = //p' "$build/tools/Makefile") -O0"
make_in() { # FOLDER ARGUMENT...
	folder=$1
	shift
	make -j2 -C "$dir/$at/$folder" CFLAGS="$flags" "$@" >"$dir/out" 2>&1 || {
		echo "FAILED: the copy does not build"
		tail -n 20 "$dir/out"
		exit 1
	}
}
make_in common/verify
make_in common/state
make_in tools

# ---- in the text, with its range and place ------------------------------------------

tool=$dir/$at/tools/agentauthctl/agentauthctl
mkdir -p "$dir/conf/agents.d" "$dir/state/generations" "$dir/state/state" "$dir/state/keys" "$dir/run"
ctl() { "$tool" "$@" --confdir "$dir/conf" --statedir "$dir/state" --rundir "$dir/run" >"$dir/out" 2>&1; }
text() { # VALUE
	printf 'host = { audience = [ "ssh://web01.example.com" ]; };\nroles = {\n\tdeploy = { gid = 99001; grace_period = %s; };\n};\n' "$1" >"$dir/conf/agentauth.conf"
}
# ok() calls what follows.
# shellcheck disable=SC2317
refused() { ! ctl "$@"; }
# shellcheck disable=SC2317
says() { grep -qF -- "$1" "$dir/out"; }

text 901
ok "a value out of range is refused" refused check
ok "with file, line, column, and the range" says "agentauth.conf:3:26: roles.deploy.grace_period: 901 is out of range: it goes from 1 to 900"
text '"long"'
ctl check || true
ok "and so is one of another type" says "must be a number, and is a string"
text 60
ok "one in range is taken" ctl apply --yes

# ---- in the record, and read back ------------------------------------------------------

ok "the roles are listed" ctl role list --json
ok "the record has it" grep -q '"grace_period": *60' "$dir/out"
cat >"$dir/read.c" <<'END'
#include "config.h"
#include <stdio.h>
#include "common/verify/policy_record.h"
int main(void)
{
	json_t *json = json_loads("{\"name\": \"deploy\", \"gid\": 99001, \"grace_period\": 60}", 0, NULL);
	struct aa_role *role = aa_role_from_json(json);

	printf("%d\n", role ? (int)role->grace_period : -1);
	aa_role_free(role);
	json_decref(json);
	return 0;
}
END
# The compiler and its flags are words.
# shellcheck disable=SC2046,SC2086
$(sed -n 's/^CC = //p' "$build/tools/Makefile") $flags -I "$dir" -I "$dir/$at" "$dir/read.c" "$dir/$at"/common/verify/libverify.a \
	"$dir/$at"/common/jose/libjose.a "$dir/$at"/common/registry/libregistry.a "$dir/$at"/common/file/libfile.a \
	"$dir/$at"/common/text/libtext.a -ljansson -lcrypto $(sed -n 's/^AA_LDFLAGS = //p' "$build/tools/Makefile") -o "$dir/read" >"$dir/out" 2>&1 || failed=1
ok "the modules' reader gives it back" test "$("$dir/read")" = 60

# ---- among the options -------------------------------------------------------------------

ok "role set has the option" ctl role set deploy --grace-period 10m
ok "which sets the setting" grep -q 'grace_period = 600;' "$dir/conf/agentauth.conf"
ok "and takes it" ctl role set deploy --grace-period none
ok "away" test "$(grep -c grace_period "$dir/conf/agentauth.conf")" = 0
ok "role add has it" ctl role add night --grace-period 30
ok "out of range it is refused" refused role set night --grace-period 1000
ok "as in the text" says "out of range"
"$tool" role add --help >"$dir/out"
ok "--help says what for" grep -q -- '--grace-period SECONDS  *how long it is waited at the end' "$dir/out"
"$tool" --complete role add --gr >"$dir/out" 2>&1 || true
ok "completion offers it" says --grace-period

# ---- in the manual ---------------------------------------------------------------------

make_in tests abs_srcdir="$dir/tests" test_settings_manual
cd "$dir/$at/tests"
./test_settings_manual >"$dir/out" 2>&1 || true
ok "the manual's test misses it" says "is not what the code says"
GOLDEN=renew ./test_settings_manual >"$dir/out" 2>&1 || true
grep -A 2 "^.It Va grace_period" "$dir/man/agentauth.conf.5" >"$dir/out" || true
ok "and writes it" says "1 to 900."
exit $failed
