#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What NSS look-ups cost, each beside what it is held against: 2.5 us, which a hit in SSSD's memory cache took when the
# budget was set, or what it takes now where that is more; itself with 100 agents; and a process that asks for nothing of
# ours, with and without the module: 100 us, or a quarter more than to load an empty library, where that alone is more.
# For SSSD and for the process it goes into private namespaces over an overlay of the root file system, and so needs
# root: nothing on the host is changed. SSSD is installed there with apt-get; --no-sssd leaves it out.
# Exit status 1: a budget does not hold.
set -eu

usage() {
	echo "usage: nss.sh [--no-sssd] BUILDDIR" >&2
	exit 2
}

sssd=yes
[ "${1-}" = --no-sssd ] && sssd=no && shift
[ $# -eq 1 ] || usage
[ -d "$1" ] || usage
build=$(cd "$1" && pwd)
bench=$build/bench/bench_nss
module=$build/nss/.libs/libnss_agentauth.so.2
many=1000000
for f in "$bench" "$module"; do
	[ -e "$f" ] || { echo "nss.sh: $f is missing: make it first" >&2; exit 2; }
done

# ---- within the namespaces --------------------------------------------------
libdir() {
	dirname "$(ldconfig -p | awk '/libnss_files|libc\.so\.6/ { print $NF; exit }')"
}

inside_process() {
	cp "$module" "$(libdir)/"
	# glibc's libutil has been empty since 2.34: what it costs to load a library at all.
	cp "$(libdir)/libutil.so.1" "$(libdir)/libnss_empty.so.2"
	ldconfig
	for _ in 1 2 3 4 5; do
		for last in files agentauth empty; do
			modules=files
			[ $last = files ] || modules="files $last"
			printf 'passwd: %s\ngroup: %s\n' "$modules" "$modules" >/etc/nsswitch.conf
			"$bench" process | sed "s/^process/process-$last/"
		done
	done
}

inside_sssd() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -qq --no-install-recommends sssd-common libnss-sss >/dev/null 2>&1 || {
		echo "nss.sh: sssd could not be installed: held against 2.5 us" >&2
		return 0
	}
	cat >/etc/sssd/sssd.conf <<-'CONF'
		[sssd]
		services = nss
		domains = local
		[nss]
		memcache_timeout = 3600
		[domain/local]
		id_provider = files
	CONF
	chmod 600 /etc/sssd/sssd.conf
	i=0
	while [ $i -lt 100 ]; do
		n=$(printf 'builder-%07d' $i)
		echo "$n:x:$((1900000000 + i)):$((1900000000 + i)):Release builder:/home/agents/$n:/bin/bash" >>/etc/passwd
		echo "$n:x:$((1900000000 + i)):" >>/etc/group
		i=$((i + 1))
	done
	sssd -D
	i=0
	until getent -s sss passwd builder-0000099 >/dev/null; do
		i=$((i + 1))
		[ $i -lt 50 ] || { echo "nss.sh: sssd does not answer: held against 2.5 us" >&2; return 0; }
		sleep 0.2
	done
	"$bench" module "$(libdir)/libnss_sss.so.2" sss | sed 's/ again / sssd /'
}

if [ "${NSS_BENCH_INSIDE-}" = yes ]; then
	inside_process
	[ "$sssd" = no ] || inside_sssd
	exit 0
fi

# ---- outside ----------------------------------------------------------------
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

enter() { # runs this script again over an overlay
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --pid --fork sh -euc '
		work=$1; shift
		mount --make-rprivate /
		mkdir "$work/over"
		mount -t tmpfs none "$work/over"
		mkdir "$work/over/upper" "$work/over/work" "$work/over/root"
		mount -t overlay overlay -o "lowerdir=/,upperdir=$work/over/upper,workdir=$work/over/work" "$work/over/root"
		for d in proc dev sys; do mount --rbind "/$d" "$work/over/root/$d"; done
		exec chroot "$work/over/root" env NSS_BENCH_INSIDE=yes "$@"' \
		sh "$work" sh "$self" "$@"
}

self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
"$bench" generate "$work/100" 100
"$bench" generate "$work/many" $many
sleep 2.5 # what is newer than two seconds is not remembered
{
	"$bench" ours "$work/100" 100 | sed 's/ again / few /'
	"$bench" ours "$work/many" $many
	"$bench" enumerate "$work/100" 100
	if [ "$(id -u)" -eq 0 ]; then
		if [ $sssd = no ]; then enter --no-sssd "$build"; else enter "$build"; fi
	else
		echo "nss.sh: not root: no sssd and no process that asks for nothing of ours" >&2
	fi
} >"$work/results"

awk -v many=$many '
	{ k = $1 " " $2; if (!(k in best) || $3 < best[k]) best[k] = $3 }
	function us(ns) { return sprintf("%.2f us", ns / 1000) }
	function line(what, value, held, ok) {
		printf "%-44s %16s   %-46s %s\n", what, value, held, ok ? "holds" : "EXCEEDED"
		if (!ok) over = 1
	}
	END {
		split("getpwnam getpwuid initgroups", ops)
		for (i = 1; i <= 3; i++) {
			op = ops[i]; a = best[op " again"]
			hit = best[op " sssd"]
			limit = hit > 2500 ? hit : 2500 # a busy machine is one for both
			held = "limit " us(limit) (hit ? ", SSSD cache hit " us(hit) : "")
			line(op ", " many " agents, asked again", us(a), held, a <= limit)
			line("  beside itself with 100 agents", sprintf("%.2f x", a / best[op " few"]), "limit 1.5 x", \
				a <= 1.5 * best[op " few"])
			printf "%-44s %16s\n", "  asked for the first time", us(best[op " other"])
		}
		printf "%-44s %16s\n", "getpwent, each entry", us(best["getpwent each"])
		base = best["process-files time"]
		if (base) {
			d = best["process-agentauth time"] - base; empty = best["process-empty time"] - base
			limit = empty > 100000 ? empty * 1.25 : 100000
			line("a process that asks for nothing of ours", us(d) " more", \
				"limit " us(limit) ", an empty library " us(empty), d <= limit)
			d = best["process-agentauth memory"] - best["process-files memory"]
			line("  its memory", d " KiB more", "limit 200 KiB", d <= 200)
		}
		exit over
	}' "$work/results"
