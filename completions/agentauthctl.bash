# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion for agentauthctl: commands and options as its own --help names them, agents and roles as they are published.

_agentauthctl_options() { # WORDS OF THE COMMAND
	agentauthctl "$@" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
	echo "--json --dry-run --confdir --statedir --logdir --rundir --sudoers --help"
}

_agentauthctl_commands() { # WORDS OF THE FAMILY
	agentauthctl "$@" --help 2>/dev/null | sed -n "s/^  \($*${*:+ }\)\([a-z]*\)\( .*\)\?$/\2/p" | grep -v '^$'
}

_agentauthctl_agents() {
	agentauthctl list --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4
}

_agentauthctl_roles() {
	agentauthctl role list --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4
}

_agentauthctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word choices=
	local -a words=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	COMPREPLY=()
	case $prev in
	--key | --file | --sudoers | --confdir | --statedir | --logdir | --rundir)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--role | --no-role) choices=$(_agentauthctl_roles) ;;
	--agent) choices=$(_agentauthctl_agents) ;;
	esac
	if [ -z "$choices" ]; then
		case $cur:${words[*]} in
		-*) choices=$(_agentauthctl_options "${words[@]:0:2}") ;;
		*:) choices=$(_agentauthctl_commands) ;;
		*:role | *:session | *:approval) choices=$(_agentauthctl_commands "${words[0]}") ;;
		*:show | *:set | *:suspend | *:resume | *:retire) choices=$(_agentauthctl_agents) ;;
		*:"role set" | *:"role remove") choices=$(_agentauthctl_roles) ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}
complete -F _agentauthctl agentauthctl
