#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What people watch: the alerts fire when they should, as promtool and a real Prometheus have it, and each query of the board
# has an answer. Grafana itself is in no package that Debian has: the board was not loaded into one here.
# shellcheck disable=SC2154

load support
load agents
load sessions
load key_server
load monitoring

RULES=/usr/share/agentauth/prometheus/agentauth.rules.yml
BOARD=/usr/share/agentauth/grafana/agentauth.json

setup_file() {
	export URL=http://127.0.0.1:9090 WATCH=/tmp/watch
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	corp_init
	agentauthctl issuer refresh corp
	new_agent builder-7 ES256 --role deploy
	agentauthctl audit seal
	mkdir -p "$TEXTFILES" "$WATCH"
	metrics
	cat >"$WATCH/prometheus.yml" <<-END
		global: { scrape_interval: 1s, evaluation_interval: 1s }
		rule_files: [ $RULES ]
		scrape_configs: [ { job_name: node, static_configs: [ { targets: [ "127.0.0.1:9100" ] } ] } ]
	END
	"$MONITORING/prometheus-node-exporter" --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$TEXTFILES" --web.listen-address=127.0.0.1:9100 >"$WATCH/node.log" 2>&1 3>&- &
	echo $! >"$WATCH/node.pid"
	"$MONITORING/prometheus" --config.file="$WATCH/prometheus.yml" --storage.tsdb.path="$WATCH/data" \
		--web.listen-address=127.0.0.1:9090 >"$WATCH/prometheus.log" 2>&1 3>&- &
	echo $! >"$WATCH/prometheus.pid"
	wait_until answers 1
}
teardown_file() {
	kill "$(cat "$WATCH/node.pid")" "$(cat "$WATCH/prometheus.pid")"
	stop_server
}

ask() { # QUERY: the value of its first answer
	curl -sS --get --data-urlencode "query=$1" "$URL/api/v1/query" | jq -r '.data.result[0].value[1] // ""'
}
answers() { # VALUE [QUERY]
	[ "$(ask "${2:-agentauth_build_info}" 2>/dev/null)" = "$1" ]
}
fires() { # ALERT
	curl -sS "$URL/api/v1/alerts" | jq -e --arg alert "$1" '.data.alerts[] | select(.labels.alertname == $alert)' >/dev/null
}

@test "promtool finds no fault in the alerts, each fires where it should, and stays silent where it should" {
	"$MONITORING/promtool" check rules "$RULES"
	cp "$RULES" "$TOP/tests/monitoring/alerts.yml" "$WATCH"
	run "$MONITORING/promtool" test rules "$WATCH/alerts.yml"
	expect_status 0
	diff <(grep -oE 'alert: \w+' "$RULES" | sed 's/.* //' | sort) \
		<(grep -B 2 -E 'exp_alerts:$' "$TOP/tests/monitoring/alerts.yml" | sed -n 's/.*alertname: //p' | sort -u)
}

@test "each command that an alert names is there, with its options" {
	local words options option n=0
	"$TOP/tests/monitoring/commands" "$RULES" >"$WATCH/commands"
	while read -r words; do
		options=$(grep -oE -e '--[a-z-]+' <<<"$words" || :)
		# shellcheck disable=SC2086  # they are words
		run agentauthctl ${words%% --*} --help
		expect_status 0
		for option in $options; do expect_output "^ +$option( |\$)"; done
		n=$((n + 1))
	done <"$WATCH/commands"
	[ "$n" -gt 15 ]
}

@test "a Prometheus that scrapes node_exporter sees a login within seconds, and each query of the board has an answer" {
	answers 0 'sum(agentauth_logins_total) or vector(0)'
	answers 1 'agentauth_keyset_last_attempt_success{issuer="corp"}'
	in_session 'sudo -n restart-app'
	by_key builder-7 true
	metrics
	wait_until answers 2 'sum(agentauth_logins_total{result="ok"})'
	in_session 'sudo -n id' || :
	append_line '{"event":"approval","request":"000001","step":"requested","result":"ok","reason":"ok"}'
	append_line '{"event":"approval","request":"000001","step":"approved","result":"ok","reason":"ok"}'
	metrics
	wait_until answers 3 'sum(agentauth_logins_total{result="ok"})'
	run "$TOP/tests/monitoring/board" "$BOARD" "$PROM" "$URL"
	echo "# $output" >&3
	expect_status 0
	expect_output '^[2-9][0-9] queries, 5 without an answer: Faults of the log A, Faults of the log B, Faults of the log C, Faults of the log D, Faults of the log E'
}

@test "a log that is cut off has its alert, and a burst of refusals; nothing else fires" {
	local token
	token=$(token_file builder-7)
	ssh_with "$token" "builder-7@$HOST" true
	run curl -sS "$URL/api/v1/alerts"
	[ "$(jq '.data.alerts | length' <<<"$output")" -eq 0 ]
	append_line '{"event":"auth","service":"sshd","result":"denied","reason":"expired"}' 25
	metrics
	wait_until fires AgentauthDenials
	run fires AgentauthForged
	[ "$status" -ne 0 ]
	run fires AgentauthLogBroken
	[ "$status" -ne 0 ]
	sed -i '$d' "$AUDIT"
	metrics
	wait_until fires AgentauthLogBroken
}
