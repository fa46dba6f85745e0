# SPDX-License-Identifier: Apache-2.0
# What the test and the benchmark of the recorder share: a registry in a folder of its own, whose ids nothing else on this machine
# has, a recorder for it, and processes as of a login. They run on the machine itself, since the kernel's audit answers nowhere
# else. What the recorder puts into the kernel is taken out again, whatever happens.
# shellcheck shell=sh

# One at a time on a machine: the rules of one would hide the programs of another.
exec 9>/run/agentauth-record-test.lock
flock 9
id=$((1900000000 + $$ % 100000 * 1000))
dir=$(mktemp -d)
recorder=
ctl() {
	"${ctl:?}" "$@" --confdir "$dir/conf" --statedir "$dir/state" --rundir "$dir/run" --logdir "$dir/log"
}
record_end() {
	[ -z "$recorder" ] || kill "$recorder" 2>/dev/null || :
	[ -z "$recorder" ] || wait "$recorder" 2>/dev/null || :
	recorder=
}
record_leave() {
	record_end
	ctl record --clean >/dev/null 2>&1 || :
	rm -rf "$dir"
}
trap record_leave EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$dir/conf/agents.d" "$dir/state/generations" "$dir/state/state" "$dir/state/keys" "$dir/run" "$dir/log"
chmod 755 "$dir"
cat >"$dir/conf/agentauth.conf" <<END
host = { audience = [ "ssh://web01.example.com" ]; };
accounts = { uid_min = $id; uid_max = $((id + 499)); gid = $((id + 999)); };
roles = { watched = { gid = $((id + 500)); record = "exec"; }; quiet = { gid = $((id + 501)); }; };
END
printf 'uid = %s;\nroles = [ "watched" ];\n' $((id + 1)) >"$dir/conf/agents.d/robot.conf"
printf 'uid = %s;\nroles = [ "quiet" ];\n' $((id + 2)) >"$dir/conf/agents.d/quiet.conf"
ctl apply --yes >/dev/null

record_begin() { # [OPTION]...
	: >"$dir/out"
	# Not by ctl(), whose pid would be a shell's.
	${bounds:+setpriv --bounding-set "$bounds"} "$ctl" record "$@" --confdir "$dir/conf" --statedir "$dir/state" --rundir "$dir/run" --logdir "$dir/log" \
		>"$dir/out" 2>&1 9>&- &
	recorder=$!
	for _ in $(seq 100); do
		! grep -q '^records by' "$dir/out" || return 0
		kill -0 "$recorder" 2>/dev/null || break
		sleep 0.1
	done
	cat "$dir/out"
	return 1
}
# Runs a command as a login of this uid does: the login uid is set, and then a process is forked.
# shellcheck disable=SC2016 # the inner shell expands it
login() { # UID REAL-UID COMMAND...
	sh -c 'echo "$1" >/proc/self/loginuid; u=$2; shift 2; setpriv --reuid "$u" --regid "$u" --clear-groups "$@" 9>&-; exit $?' login "$@"
}
