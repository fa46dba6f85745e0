#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What both tools say to a command that is none, or to no command, is what the golden files of the stories have: they list all
# commands, so that a new one shows here, and not when the stories are told. GOLDEN=renew writes the files anew.
set -eu
build=$(cd .. && pwd)
golden=$(cd "${srcdir:?is set by make check}" && pwd)/integration/golden
[ -d "$golden" ] || { echo "SKIPPED: the stories are not there"; exit 77; }
PATH=$build/tools/agentauth:$build/tools/agentauthctl:$PATH
unset COLUMNS
failed=0
count=0

for file in "$golden"/wrong_turns*/command-*.txt; do
	typed=$(head -n 1 "$file")
	said=$(
		echo "$typed"
		status=0
		# What is typed behind the prompt is words.
		# shellcheck disable=SC2086
		${typed#* } 2>&1 || status=$?
		echo "[exit status $status]"
	)
	count=$((count + 1))
	if [ "${GOLDEN:-}" = renew ]; then
		echo "$said" >"$file"
	elif [ "$said" = "$(cat "$file")" ]; then
		echo "ok: ${typed#* }"
	else
		failed=1
		echo "FAILED: ${file#"$golden"/} is not what the tool says; GOLDEN=renew writes it"
		echo "$said" | diff "$file" - || :
	fi
done
[ "$count" -gt 5 ] || { echo 'FAILED: hardly a file was found'; exit 1; }
exit $failed
