#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each room includes what stands left of it, and nothing else, and within a room no modules include each other in a
# circle: the map of HACKING.md, held by the includes.
set -eu
cd "$(dirname "$0")/../.."

# A room, and the rooms that its files may include beside their own.
text='common/text common/file'
core="$text common/registry common/user common/jose common/verify common/state"
model="$core tools/cli tools/conf tools/host tools/http tools/agentauthctl/model"
local="common/text common/file common/jose tools/cli tools/conf tools/http tools/agentauth/local"
rooms="common/text:
common/file:common/text
common/registry:$text
common/user:$text common/registry
common/jose:$text
common/verify:$text common/registry common/jose
common/state:$core
nss:$text common/registry
pam:$core
sudo:$core
tools/cli:$text
tools/conf:$text tools/cli
tools/http:$text tools/cli
tools/host:$text
tools/libexec:$text common/registry tools/host
tools/sync:common/text common/file common/jose tools/cli tools/conf tools/http
tools/agentauth/local:$local
tools/agentauth/credential:$local
tools/agentauth/oauth:$local tools/agentauth/credential
tools/agentauth/project:$local
tools/agentauth/commands:$local common/verify tools/agentauth/credential tools/agentauth/oauth tools/agentauth/project
tools/agentauthctl/model:$model
tools/agentauthctl/names:$model
tools/agentauthctl/publish:$model tools/agentauthctl/names
tools/agentauthctl/enable:$model tools/agentauthctl/names tools/agentauthctl/publish
tools/agentauthctl/fleet:$model tools/agentauthctl/names tools/agentauthctl/publish
tools/agentauthctl/keys:$model tools/agentauthctl/names
tools/agentauthctl/audit:$model
tools/agentauthctl/metrics:$model tools/agentauthctl/audit
tools/agentauthctl/record:$model
tools/agentauthctl/report:$model tools/agentauthctl/audit
tools/agentauthctl/import:$model tools/agentauthctl/names tools/agentauthctl/publish
tools/agentauthctl/commands:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/enable tools/agentauthctl/keys tools/agentauthctl/import tools/agentauthctl/fleet tools/agentauthctl/record tools/agentauthctl/audit tools/agentauthctl/metrics tools/agentauthctl/commands/fleet tools/agentauthctl/commands/audit tools/agentauthctl/commands/doctor tools/agentauthctl/commands/explain tools/agentauthctl/commands/replay
tools/agentauthctl/commands/audit:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/audit tools/agentauthctl/report tools/agentauthctl/commands
tools/agentauthctl/commands/fleet:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/fleet tools/agentauthctl/commands
tools/agentauthctl/commands/doctor:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/enable tools/agentauthctl/keys tools/agentauthctl/commands
tools/agentauthctl/commands/replay:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/audit tools/agentauthctl/commands tools/agentauthctl/commands/audit
tools/agentauthctl/commands/explain:$model tools/agentauthctl/names tools/agentauthctl/publish tools/agentauthctl/keys tools/agentauthctl/commands"

includes() { # ROOM: "file header" of each include from the tree
	grep -Ho '^#include "[^"]*/[^"]*"' "$1"/*.[ch] | sed 's/:#include "/ /; s/"$//'
}

# What of "file header" lines is not of these rooms.
strays() { # ROOM...
	while read -r file header; do
		case " $* " in
		*" ${header%/*} "*) ;;
		*) echo "$file includes $header" ;;
		esac
	done
}

# Every folder with sources is a room, so that a new one gets a place in the direction.
folders=$(find common nss pam sudo tools -name '*.c' | sed 's:/[^/]*$::' | sort -u)
named=$(echo "$rooms" | sed 's/:.*//' | sort -u)
if [ "$folders" != "$named" ]; then
	printf 'FAILED: the folders and the rooms differ:\n%s\n\n%s\n' "$folders" "$named"
	exit 1
fi

found=$(echo "$rooms" | while IFS=: read -r room others; do
	# The list is words.
	# shellcheck disable=SC2086
	includes "$room" | strays "$room" $others
done)
[ "$(echo "$rooms" | sed 's/:.*//' | while read -r room; do includes "$room"; done | wc -l)" -gt 500 ] || { echo "FAILED: hardly an include was found"; exit 1; }
if [ -n "$found" ]; then
	printf 'FAILED: against the direction:\n%s\n' "$found"
	exit 1
fi
echo "ok: the includes go one way"

# A module is NAME.c with its headers, NAME.h and NAME_internal.h.

modules() { # ROOM: "module module" of each include within it
	includes "$1" | sed -n "s:^$1/\([^ ]*\)\.[ch] $1/\(.*\)\.h\$:\1 \2:p" | sed 's/_internal\>//g' | awk '$1 != $2'
}

[ "$(modules common/state | wc -l)" -gt 50 ] || { echo "FAILED: hardly an include within a room was found"; exit 1; }
echo "$rooms" | sed 's/:.*//' | while read -r room; do
	loop=$(modules "$room" | tsort 2>&1 >/dev/null) || true
	[ -z "$loop" ] || { printf 'FAILED: a circle within %s:\n%s\n' "$room" "$loop"; exit 1; }
done
echo "ok: no circle within a room"

# OpenSSL is called by common/jose alone, which asks before whether it can begin (common/jose/crypto.h).
found=$(grep -l '^#include <openssl/' common/*/*.[ch] nss/*.[ch] pam/*.[ch] sudo/*.[ch])
[ "$(echo "$found" | grep -c '^common/jose/')" -gt 5 ] || { echo "FAILED: common/jose hardly includes OpenSSL"; exit 1; }
found=$(echo "$found" | grep -v '^common/jose/' || true)
if [ -n "$found" ]; then
	printf 'FAILED: of a module, and with OpenSSL past common/jose:\n%s\n' "$found"
	exit 1
fi
echo "ok: modules come to OpenSSL by common/jose alone"
