#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The page of a report in the real Chromium: on a screen, in the dark, on a phone and on paper. The pictures are in build/look.
# shellcheck disable=SC2154

load support
load agents
load report

setup_file() {
	host_init
}

# Each bar stands where the log's times are, to a pixel.
expect_bars_fit() {
	/usr/bin/python3 - "$drawn" "$MADE/audit.jsonl" "$MADE_END" <<-'END'
		import calendar, json, sys, time
		drawn, end = json.load(open(sys.argv[1])), int(sys.argv[3])
		since = end - 7 * 86400
		widths = {row["name"]: row["width"] for row in drawn["rows"]}
		opened, expected = {}, {}
		for line in open(sys.argv[2]):
		    try:
		        record = json.loads(line)
		        assert record["session"]
		    except (ValueError, KeyError, TypeError):
		        continue
		    when = calendar.timegm(time.strptime(record["time"][:19], "%Y-%m-%dT%H:%M:%S"))
		    if record["event"] == "session-open":
		        opened[record["session"]] = when
		    elif record["event"] == "session-close" and when >= since:
		        expected[record["session"][:8]] = (record["agent"], max(opened[record["session"]], since), when)
		assert len(drawn["sessions"]) == len(expected), (len(drawn["sessions"]), len(expected))
		for bar in drawn["sessions"]:
		    agent, begin, close = expected.pop(bar["says"][:8])
		    width = widths[agent]
		    assert bar["row"] == agent, bar
		    assert abs(bar["x"] - (begin - since) / (end - since) * width) < 1, (bar, begin)
		    assert abs(bar["width"] - (close - begin) / (end - since) * width) < 1, (bar, close)
		print(len(drawn["sessions"]), "bars")
	END
}

@test "a week of eight agents is drawn as the log has it, in four forms, and everybody can read it" {
	made_log
	drawn week light dark phone phone-dark
	expect_sound
	expect_bars_fit
	expect_drawn '(.sessions | length) == $made.sessions'
	expect_drawn '(.rows | length) == 8 and .ran > 100 and .crosses > 20 and .logins > 20 and .refusals > 10'
	expect_drawn '.text | contains("web01.example.com") and contains("Findings") and contains("builder-7") and contains("role_denied")'
	expect_drawn '.findings | any(startswith("builder-7 was refused 14 times"))'
	expect_drawn '.findings | any(startswith("deploy-bot came from an address"))'
	expect_drawn '.findings | any(startswith("release began 1 session at an hour"))'
	expect_drawn '.grounds | .light != .dark and .phone == .light and ."phone-dark" == .dark and .print == "rgb(255, 255, 255)"'
	grep -q -a '/MediaBox \[0 0 59[45]' "$AGENTAUTH_BUILD/look/week/print.pdf"
	# With the tables that are folded on a screen.
	pages=$(grep -c -a '/Type /Page$' "$AGENTAUTH_BUILD/look/week/print.pdf")
	echo "# $pages pages" >&3
	[ "$pages" -gt 8 ] && [ "$pages" -le 25 ]
}

@test "whatever agents wrote into the log is text in the browser, and nothing of it is done" {
	made_log --sessions 60 --hostile
	/usr/bin/python3 - >>"$MADE/audit.jsonl" <<-'END'
		print('<script>document.title = "owned"</script>')
		print('{"time":"2024-01-15T19:00:00.000000Z","event":"<svg onload=x>","agent":"<b>"}')
		print('{"time":"2024-01-15T19:00:01.000000Z","event":"auth","result":"denied","agent":"<img src=x onerror=alert(1)>",'
		      '"reason":"</td><script>alert(2)</script>"}')
		print('{"time":"2024-01-15T19:00:02.000000Z","event":"auth","result":"denied","agent":"' + "<b>" * 300000 + '"}')
		print('{"time":"2024-01-15T19:00:03.000000Z","event":"auth","agent":"' + "y" * 3000000 + '"}')
		print('[]')
	END
	drawn hostile light phone-dark
	expect_sound
	expect_bars_fit
	expect_drawn '.title == "What agents did on web01.example.com"'
	expect_drawn '(.sessions | length) == $made.sessions'
	expect_drawn ".whole | contains(\"<script>document.title='owned'</script>\")"
	expect_drawn '.whole | contains("]]></style></svg><script>alert(1)</script>")'
	expect_drawn '.whole | contains("&lt;b&gt;&#60;i&#62;")'
	expect_drawn '.whole | contains("\\xe2\\x80\\xaegnp.exe")'
	expect_drawn '.whole | contains("</td><script>alert(2)</script>")'
	expect_drawn '.names | any(. == "<img src=x onerror=alert(1)>")'
	expect_drawn '.findings | any(contains("of the log are no records")) and any(startswith("The log is not whole"))'
	expect_drawn '.elements < 20000'
}

@test "a hundred agents and ten thousand sessions are drawn together, and what is left out is counted" {
	made_log --agents 114 --sessions 10000
	drawn many
	expect_sound
	expect_drawn '(.rows | length) == 24 and (.names | length) == 24'
	expect_drawn '.text | contains("and 90 more agents")'
	expect_drawn '.surfaces > 0 and .elements < 40000'
}

@test "a page of nothing says so" {
	made_log --agents 1 --sessions 0 --lines 1
	# shellcheck disable=SC2034  # report.bash uses it
	SPAN=(--since 2020-01-01 --until 2020-02-01)
	drawn empty light dark
	expect_sound
	expect_drawn '(.rows | length) == 0 and (.sessions | length) == 0'
	expect_drawn '.text | contains("Nothing stands out in this span.") and contains("No agent had a session") and contains("No agent has a session.")'
}
