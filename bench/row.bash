# SPDX-License-Identifier: Apache-2.0
# A benchmark's rows: each is a line of tab-separated values in $BENCH_ROWS, where bench/run names such a file, and of a table at
# the end of the script, where nobody does. Sourced by bash scripts, with what they call:
#
#   row_begin                       before the first row
#   row KEY=VALUE...                records a row; the keys are below
#   row_failed KEY=VALUE... why=…   records a row that could not be measured, which is an error
#   row_end                         after the last row; returns 1 where a row is not held or has no answer: exit by it
#   row_turns ROUNDS DIR NAME...    times functions in turn, the first one another each round: microseconds, a line each, in
#                                   DIR/NAME; a function before_NAME, where there is one, is called before, and is not timed
#   row_sizes                       takes out of the array `sizes` what is more than BENCH_AGENTS agents, where that is set
#   row_only_in_box BUILDDIR COMMAND...  goes on in the box; elsewhere it runs the command there, as below, and the script ends
#   row_in_box BUILDDIR COMMAND...  runs a command in the tests' box, with sshd up, where it records its rows as here
#
#   area=     the part of the table: a word or two ("look-ups")
#   name=     what is measured, one line of it ("getpwnam, 100,000 agents")
#   unit=     ns, us, ms, s, KiB, MB, or x of what is a ratio already
#   ours=     the median of ours, or @FILE with a value a line: mean, median and 99th percentile are taken from it
#   mean= p99=            of ours, where `ours` is no file
#   peer=     the name of what ours is held against ("SSSD"); where it is set, a row without `theirs` has no answer
#   theirs=   its median, or @FILE; theirs_mean= theirs_p99=
#   by=       what the limit is of: ratio (ours / theirs), more (ours - theirs), median, mean or p99 (of ours); without: nothing
#   limit=    the largest that is held
#   note=     a few words behind it, such as the number of runs where there are few
#
# BENCH_QUICK=yes is for seeing that each row is there and that its peer answers: what it takes is shown, and held against
# nothing, since a few runs beside other work say little.
# shellcheck shell=bash disable=SC2034 # the columns are read by their names

# The columns, in the order of the file.
row_columns=(area name unit ours mean p99 peer theirs theirs_mean theirs_p99 by limit value word note)

row_wrong() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

row_begin() {
	row_own=
	if [ -z "${BENCH_ROWS-}" ]; then
		BENCH_ROWS=$(mktemp) || exit 2
		row_own=$BENCH_ROWS
		export BENCH_ROWS
	fi
	row_bad=0
}

# Mean, median and 99th percentile (nearest rank) of a file with a number a line.
row_numbers() { # FILE
	sort -g "$1" | awk '
		/^-?[0-9]/ { v[++n] = $1; sum += $1 }
		END {
			if (n == 0) exit 1
			rank = int(n * 0.99); if (rank < n * 0.99) rank++
			printf "%.6g %.6g %.6g\n", sum / n, n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2, v[rank]
		}'
}

# What the limit is of, and whether it holds, of the variables of `row`.
row_judge() {
	awk -v ours="$ours" -v mean="$mean" -v p99="$p99" -v peer="$peer" -v theirs="$theirs" -v by="$by" -v limit="$limit" \
		-v quick="${BENCH_QUICK-}" '
		BEGIN {
			if (ours == "" || (peer != "" && theirs == "")) { print "-", "no answer"; exit }
			if (by == "") { print (peer != "" && theirs > 0) ? ours / theirs : "-", "shown"; exit }
			if (by == "ratio") value = theirs > 0 ? ours / theirs : "-"
			else value = by == "more" ? ours - theirs : by == "median" ? ours : by == "mean" ? mean : p99
			if (value == "" || value == "-") { print "-", "no answer"; exit }
			word = quick == "yes" ? "shown" : value <= limit + 0 ? "held" : "not held"
			printf "%.4g %s\n", value, word
		}'
}

row() { # KEY=VALUE...
	local area='' name='' unit='' ours='' mean='' p99='' peer='' theirs='' theirs_mean='' theirs_p99='' by='' limit='' note=''
	local value='' word='' column numbers
	for word; do
		case ${word%%=*} in
		area | name | unit | ours | mean | p99 | peer | theirs | theirs_mean | theirs_p99 | by | limit | note)
			printf -v "${word%%=*}" %s "${word#*=}" ;;
		*) row_wrong "a row has no '${word%%=*}'" ;;
		esac
	done
	case $by in '' | ratio | more | median | mean | p99) ;; *) row_wrong "no limit is of '$by'" ;; esac
	[ -z "$by" ] || [ "$limit" ] || row_wrong "$name: by=$by without a limit"
	if [ "${ours#@}" != "$ours" ]; then
		numbers=$(row_numbers "${ours#@}" 2>/dev/null) || numbers=''
		read -r mean ours p99 <<<"$numbers" || :
	fi
	if [ "${theirs#@}" != "$theirs" ]; then
		numbers=$(row_numbers "${theirs#@}" 2>/dev/null) || numbers=''
		read -r theirs_mean theirs theirs_p99 <<<"$numbers" || :
	fi
	read -r value word <<<"$(row_judge)"
	case $word in 'not held' | 'no answer') row_bad=1 ;; esac
	numbers=''
	for column in "${row_columns[@]}"; do numbers+=${numbers:+$'\t'}${!column:--}; done
	printf '%s\n' "$numbers" >>"$BENCH_ROWS"
}

row_failed() { # KEY=VALUE... why=REASON
	local -a kept=()
	local word why='it does not answer'
	for word; do
		case $word in
		why=*) why=${word#why=} ;;
		ours=* | theirs=* | mean=* | p99=*) ;;
		*) kept+=("$word") ;;
		esac
	done
	printf '%s: %s\n' "${0##*/}" "$why" >&2
	row "${kept[@]}" note="$why"
}

row_end() {
	if [ "$row_own" ]; then
		"$(dirname "${BASH_SOURCE[0]}")/table" "$row_own"
		rm -f "$row_own"
	fi
	return "$row_bad"
}

row_turns() { # ROUNDS DIR NAME...
	local rounds=$1 dir=$2 round i begun took name
	shift 2
	for name; do : >"$dir/$name"; done
	for ((round = 0; round < rounds; round++)); do
		for ((i = 0; i < $#; i++)); do
			name=$(((round + i) % $# + 1))
			name=${!name}
			if declare -F "before_$name" >/dev/null; then "before_$name" || return 1; fi
			begun=${EPOCHREALTIME/[.,]/}
			"$name" >/dev/null || { echo "${0##*/}: $name failed" >&2; return 1; }
			took=$((${EPOCHREALTIME/[.,]/} - begun))
			echo "$took" >>"$dir/$name"
		done
	done
}

row_sizes() {
	local n
	local -a kept=()
	for n in "${sizes[@]}"; do
		[ "$n" -gt "${BENCH_AGENTS:-1000000}" ] || kept+=("$n")
	done
	sizes=("${kept[@]}")
}

row_in_box() { # BUILDDIR COMMAND...
	local build=$1 top folder image status=0
	shift
	image=$build/box-bench.tar # with the peers; the stories' box has but some of them
	[ -e "$image" ] || image=$build/box.tar
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	folder=$(mktemp -d) || exit 2
	[ -e "$image" ] || { echo "${0##*/}: there is no $image: ./quickstart bench makes it" >&2; row_bad=1; return 2; }
	"$top/tests/box/box" --layer "$image" --bind "$top" --bind "$build" --bind-rw "$folder" -- "$top/tests/box/up" \
		env BENCH_ROWS="$folder/rows" BENCH_QUICK="${BENCH_QUICK-}" BENCH_AGENTS="${BENCH_AGENTS-}" "$@" || status=$?
	[ ! -e "$folder/rows" ] || cat "$folder/rows" >>"$BENCH_ROWS"
	rm -rf "$folder"
	[ "$status" = 0 ] || row_bad=1
	return "$status"
}

row_only_in_box() { # BUILDDIR COMMAND...
	[ ! -e /run/agentauth-box ] || return 0
	row_begin
	row_in_box "$@" || :
	row_end
	exit
}
