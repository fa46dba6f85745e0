# SPDX-License-Identifier: Apache-2.0
# A log of any length, and what somebody does to it.
# shellcheck shell=bash disable=SC2154

AUDIT=/var/log/agentauth/audit.jsonl

write_long_log() { # LINES LINES-OF-A-FILE
	rm -rf "${AUDIT%/*}"
	install -d -m 0700 "${AUDIT%/*}"
	"$AGENTAUTH_BUILD/bench/write_log" "${AUDIT%/*}" "$1" "$2"
}

path_of() { # 002.gz, audit.jsonl
	case $1 in
	audit.*) echo "${AUDIT%/*}/$1" ;;
	*) echo "$AUDIT-$1" ;;
	esac
}
# A file of the log, to be given back as it is now.
keep() { # FILE
	mkdir -p /var/log/as-written
	cp -p "$(path_of "$1")" /var/log/as-written/
}
take_away() { # FILE
	mkdir -p /var/log/as-written
	mv "$(path_of "$1")" /var/log/as-written/
}
give_back() {
	[ ! -e /var/log/as-written ] || mv -f /var/log/as-written/* "${AUDIT%/*}/"
	rm -rf /var/log/as-written
}

program_of() { # FILE
	case $1 in
	*.gz) echo gzip -1 ;;
	*.xz) echo xz -1 ;;
	*.zst) echo zstd -q ;;
	*.bz2) echo bzip2 -1 ;;
	*) echo cat ;;
	esac
}
# A file that somebody edits with sed, who packs it again.
edit() { # FILE SED-ARGUMENT...
	local path pack
	path=$(path_of "$1")
	read -ra pack <<<"$(program_of "$1")"
	take_away "$1"
	if [ "${pack[0]}" = cat ]; then
		sed "${@:2}" "/var/log/as-written/${path##*/}" >"$path"
	else
		"${pack[0]}" -dc "/var/log/as-written/${path##*/}" | sed "${@:2}" | "${pack[@]}" >"$path"
	fi
	chmod 600 "$path"
}

# The lines of the last two files have times of an hour before, from this one on, and are chained anew.
clock_back() { # FILE LINE
	keep "$1" && keep audit.jsonl && keep audit.head
	/usr/bin/python3 - "$(path_of "$1")" "$AUDIT" "${AUDIT%/*}/audit.head" "$2" <<-'END'
		import datetime, hashlib, re, sys
		first, last, head, at = sys.argv[1:]
		prev, size, number, seq = None, 0, 0, 0
		def earlier(match):
		    when = datetime.datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S")
		    return (when - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
		for path in first, last:
		    out = []
		    for line in open(path):
		        line, number = line.rstrip("\n"), number + 1
		        if number >= int(at):
		            line = re.sub(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", earlier, line, count=1)
		            line = re.sub(r'"prev":"[0-9a-f]{64}"', '"prev":"%s"' % prev, line, count=1)
		        prev = hashlib.sha256(line.encode()).hexdigest()
		        seq = int(re.search(r'"seq":(\d+)', line).group(1))
		        out.append(line)
		    text = "\n".join(out) + "\n"
		    open(path, "w").write(text)
		open(head, "w").write("%020d %s %020d\n" % (seq, prev, len(text)))
	END
}

# As root might do it: all hashes are right again, and so is audit.head.
write_anew() { # SED
	/usr/bin/python3 - "$AUDIT" "$1" <<-'END'
		import hashlib, json, os, sys
		path, name = sys.argv[1:]
		prev, out = "0" * 64, []
		for line in open(path):
		    record = json.loads(line.replace(name, "x" * len(name)))
		    record["prev"] = prev
		    out.append(json.dumps(record, separators=(",", ":")))
		    prev = hashlib.sha256(out[-1].encode()).hexdigest()
		text = "\n".join(out) + "\n"
		open(path, "w").write(text)
		open(os.path.dirname(path) + "/audit.head", "w").write("%020d %s %020d\n" % (len(out), prev, len(text)))
	END
}

# As `run`, and into cpu_ms and took_kb how much time of the processors it took, and how much memory was resident; both are
# printed, with the time on the clock, which says something on a machine that does nothing else.
measured() { # COMMAND...
	run /usr/bin/python3 - "$BATS_TEST_TMPDIR/measured" "$@" <<-'END'
		import resource, subprocess, sys, time
		began = time.monotonic()
		status = subprocess.run(sys.argv[2:]).returncode
		used = resource.getrusage(resource.RUSAGE_CHILDREN)
		open(sys.argv[1], "w").write("%d %d %d\n" % ((time.monotonic() - began) * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss))
		sys.exit(status)
	END
	read -r took_ms cpu_ms took_kb <"$BATS_TEST_TMPDIR/measured"
	echo "# $took_ms ms, $cpu_ms ms of processor, $took_kb kB: ${*:1}" >&3
}

# The log is proved, and nothing is said but this.
expect_only() { # PLACE SENTENCE...
	local expected=()
	while [ $# -gt 0 ]; do
		expected+=("$1: $2")
		shift 2
	done
	measured agentauthctl audit verify
	expect_status 1
	[ "$output" = "$(printf '%s\n' "${expected[@]}")" ] || {
		printf 'expected:\n' >&2
		printf '%s\n' "${expected[@]}" "got:" "$output" >&2
		return 1
	}
	[ "$cpu_ms" -lt 60000 ]
}
