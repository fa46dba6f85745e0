# SPDX-License-Identifier: Apache-2.0
# What the stories use that do what README.md and doc/*.md say, word by word: tests/integration/pages takes a section's commands
# from its page, and these run them, each as whoever its prompt names, and hold what is printed against what the page shows.
# shellcheck shell=bash disable=SC2153,SC2154,SC2034  # stories and bats give HOST, output and status
load golden

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# What the page writes in the place of what differs from run to run, and what it is here; a story sets more.
declare -gA FILL=()

# The text with what FILL has, and with the key that keygen printed in the place of one that is cut short.
filled() { # TEXT
	local text=$1 name
	for name in "${!FILL[@]}"; do
		text=${text//"$name"/"${FILL[$name]}"}
	done
	[ ! -e /home/dev/told ] || text=$(sed -E "s|'(ssh\|ecdsa)-[a-z0-9-]+ AAAA…'|'$(handed_over)'|" <<<"$text")
	printf '%s' "$text"
}
# The line that keygen told the agent's side to hand over, the text between the quotes.
handed_over() {
	sed -nE "s/.*--key '(.*)'.*/\1/p" /home/dev/told | tail -n 1
}

# A command as whoever its prompt names: root of the host, a person there, the agent's machine, or the agent in a login.
typed_by() { # WHO HOST COMMAND [FOLDER-BELOW-THE-HOME]
	case $1@$2 in
	agent@*) setpriv --reuid dev --regid dev --init-groups --reset-env -- bash -c "cd && $3" ;;
	root@*) (cd /root && bash -c "$3") ;;
	*)
		if getent passwd "$1" | grep -q ':/home/agents/'; then
			dev agentauth ssh "$1@$HOST" "$3"
		else
			(id -u "$1" >/proc/self/loginuid && cd "/home/$1$4" && as "$1" bash -c "$3")
		fi
		;;
	esac </dev/null
}

# One command, its status, and what it prints, where the page shows that.
step() { # JSON
	local who host command wanted folder status=0
	{ read -r who && read -r host && read -r wanted && read -r folder; } < <(jq -r '.who, .host, .status, .folder' <<<"$1")
	command=$(filled "$(jq -r .command <<<"$1")")
	echo "$who@$host: $command"
	typed_by "$who" "$host" "$command" "$folder" >"$BATS_TEST_TMPDIR/printed" 2>&1 3>&- || status=$?
	[[ $command != *keygen* ]] || cp "$BATS_TEST_TMPDIR/printed" /home/dev/told
	if [ "$status" -ne "$wanted" ]; then
		printf 'status %s, and not %s:\n%s\n' "$status" "$wanted" "$(cat "$BATS_TEST_TMPDIR/printed")"
		return 1
	fi
	jq -e '.output == []' <<<"$1" >/dev/null || as_shown "$1"
}
as_shown() { # JSON
	filled "$(jq -r '.output[]' <<<"$1")" | masked >"$BATS_TEST_TMPDIR/shown"
	masked <"$BATS_TEST_TMPDIR/printed" >"$BATS_TEST_TMPDIR/printed.masked"
	"$BATS_TEST_DIRNAME/pages" compare "$BATS_TEST_TMPDIR/shown" "$BATS_TEST_TMPDIR/printed.masked"
}

# The commands of a page's section in their order, or of its Nth blocks. What the last one printed is in `output`.
walk() { # PAGE SECTION [N...]
	local page=$1 one
	shift
	"$BATS_TEST_DIRNAME/pages" steps "$TOP/$page" "$@" >"$BATS_TEST_TMPDIR/steps"
	while read -r one <&4; do
		step "$one" || { echo "of $page, $1" >&2; return 1; }
	done 4<"$BATS_TEST_TMPDIR/steps"
	output=$(cat "$BATS_TEST_TMPDIR/printed")
}
