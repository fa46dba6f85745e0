# SPDX-License-Identifier: Apache-2.0
# What the stories about monitoring share: Debian's programs of Prometheus, and the file that agentauthctl metrics writes.
# shellcheck shell=bash disable=SC2034

TOP=$BATS_TEST_DIRNAME/../..
MONITORING=$AGENTAUTH_BUILD/monitoring
TEXTFILES=/var/lib/prometheus/node-exporter
PROM=$TEXTFILES/agentauth.prom
LOGDIR=/var/log/agentauth

metrics() { # [OPTION]...
	agentauthctl metrics --output "$PROM" "$@"
}
value() { # SERIES: "" where there is none
	awk -v series="$1" 'index($0, series " ") == 1 { print substr($0, length(series) + 2) }' "$PROM"
}
expect_value() { # SERIES VALUE
	[ "$(value "$1")" = "$2" ] && return
	printf '%s is %s, expected %s\n' "$1" "$(value "$1")" "$2" >&2
	return 1
}
# Appends records as the chain would have them: what no program of ours would say.
append_line() { # JSON, an object [HOW OFTEN]
	/usr/bin/python3 - "$LOGDIR" "$1" "${2:-1}" <<-'END'
		import hashlib, os, sys
		folder, members, often = sys.argv[1:]
		line = open(folder + "/audit.jsonl").read().splitlines()[-1]
		seq = int(line.split('"seq":', 1)[1].split(",")[0])
		with open(folder + "/audit.jsonl", "a") as log:
		    for _ in range(int(often)):
		        seq, prev = seq + 1, hashlib.sha256(line.encode()).hexdigest()
		        line = '{"time":"2099-01-01T00:00:00.000000Z","seq":%d,"prev":"%s","host":"h",%s' % (seq, prev, members[1:])
		        log.write(line + "\n")
		size = os.stat(folder + "/audit.jsonl").st_size
		open(folder + "/audit.head", "w").write("%020d %s %020d\n" % (seq, hashlib.sha256(line.encode()).hexdigest(), size))
	END
}
