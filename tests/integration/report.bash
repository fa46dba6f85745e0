# SPDX-License-Identifier: Apache-2.0
# What the stories about the report of the audit log use: logs that are made, and the page as Chromium draws it.
# shellcheck shell=bash disable=SC2154,SC2034

MADE=/run/made # a made log's directory
MADE_END=1705348800 # 2024-01-15 20:00 UTC
SPAN=(--since 2024-01-08T20:00 --until 2024-01-15T20:00)

# Makes a log; its counts are in $made.
made_log() { # [OPTION OF made_log]...
	rm -rf "$MADE"
	install -d -m 0700 "$MADE"
	made=$(umask 077 && "$BATS_TEST_DIRNAME/made_log" "$MADE/audit.jsonl" --end "$MADE_END" "$@")
}
made() { # JQ
	jq -r "$1" <<<"$made"
}
report() { # OPTION...
	agentauthctl --logdir "$MADE" audit report "${SPAN[@]}" "$@"
}

# Draws the page of the made log, with what is drawn in $drawn, and the pictures in build/look/NAME. The forms are those that
# axe judges.
drawn() { # NAME FORM...
	local name=$1
	shift
	forms=$#
	report --html "$BATS_TEST_TMPDIR/page.html"
	drawn=$BATS_TEST_TMPDIR/drawn.json
	PATIENCE=600 "$BATS_TEST_DIRNAME/look" "$BATS_TEST_TMPDIR/page.html" "$AGENTAUTH_BUILD/look/$name" \
		"$AGENTAUTH_BUILD/report/node_modules/axe-core/axe.min.js" "$@" >"$drawn"
}
expect_drawn() { # JQ
	jq -e --argjson made "$made" "$1" "$drawn" >/dev/null && return
	{ echo "not so: $1"; jq -c "{title, scripts, foreign, elements, requests, console, wide, out, axe, findings, names}" "$drawn"; } >&2
	return 1
}
# What holds of every page, whatever is in it.
expect_sound() {
	expect_drawn '.scripts == 0 and .foreign == 0'
	expect_drawn '.console == []'
	expect_drawn '.requests | length == 1 and (.[0] | startswith("file:///"))'
	expect_drawn '.wide | length == 4 and all(.[]; . <= 0)'
	expect_drawn '.out | all(.[]; . == [])'
	expect_drawn ".axe | length == $forms and all(.[]; . == [])"
	expect_drawn 'all(.captions[]; . == 1) and .unscoped == 0 and .undescribed == 0'
	expect_drawn '.headings[0] == "H1" and ([.headings[] | select(. == "H1")] | length) == 1'
}
