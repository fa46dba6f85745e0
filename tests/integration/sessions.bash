# SPDX-License-Identifier: Apache-2.0
# What the stories about open sessions use: logins that stay, and what is left of them.
# shellcheck shell=bash disable=SC2154,SC2034

home_of() { # AGENT
	getent passwd "$1" | cut -d: -f6
}

# An SSH login by key that runs the command, in the background; its client's pid is in $client.
stay() { # AGENT COMMAND [SSH-OPTION]...
	local agent=$1 command=$2
	shift 2
	dev ssh -o BatchMode=yes -i "$KEYS/$agent.pem" "$@" "$agent@$HOST" "$command" >"$BATS_TEST_TMPDIR/stay.out" 2>&1 3>&- &
	client=$!
}
by_key() { # AGENT SSH-ARGUMENT...
	local agent=$1
	shift
	dev ssh -o BatchMode=yes -i "$KEYS/$agent.pem" "$agent@$HOST" "$@"
}

# Waits for a file in the agent's home.
wait_for_file() { # AGENT FILE
	wait_until test -e "$(home_of "$1")/$2" && return
	echo "$1 did not make $2: $(cat "$BATS_TEST_TMPDIR/stay.out")" >&2
	return 1
}
forget_file() { # AGENT FILE...
	local agent=$1
	shift
	(cd "$(home_of "$agent")" 2>/dev/null && rm -rf -- "$@") || :
}

# The processes of an agent: of its uid, or of its login uid. One a line: PID STATE COMMAND.
processes_of() { # AGENT
	/usr/bin/python3 - "$(id -u "$1")" <<-'END'
		import glob, os, sys
		uid = sys.argv[1]
		for path in glob.glob("/proc/[0-9]*"):
		    try:
		        status = dict(l.split(":\t", 1) for l in open(path + "/status").read().splitlines() if ":\t" in l)
		        login = open(path + "/loginuid").read()
		        command = open(path + "/cmdline").read().replace("\0", " ")
		    except (OSError, ValueError):
		        continue
		    if (uid in status["Uid"].split("\t") or login == uid) and status["State"][0] not in "ZX":
		        print(os.path.basename(path), status["State"][0], command)
	END
}
none_of() { # AGENT
	[ -z "$(processes_of "$1")" ]
}
expect_none_of() { # AGENT
	none_of "$1" && return
	echo "still there: $(processes_of "$1")" >&2
	return 1
}

session_ids() { # AGENT
	agentauthctl --json session list | jq -r ".sessions[] | select(.agent == \"$1\") | .id"
}
no_session_of() { # AGENT
	[ "$(n_sessions "$1")" -eq 0 ]
}
n_sessions() { # AGENT
	session_ids "$1" | wc -l
}
