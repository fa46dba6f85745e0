# SPDX-License-Identifier: Apache-2.0
# Completion for agentauth and agentauthctl: the programs say what there is, from the tables that parse their command lines.

_agentauth()
{
	local cur=${COMP_WORDS[COMP_CWORD]} program=$1 line
	local -a lines

	# Users' PATH often lacks the folder of agentauthctl.
	[[ $program != agentauthctl ]] || program=$(type -P agentauthctl) || program=/usr/sbin/agentauthctl
	COMPREPLY=()
	mapfile -t lines < <("$program" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	for line in "${lines[@]}"; do
		case $line in
		:files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		:folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
		:users) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
		:groups) mapfile -t COMPREPLY < <(compgen -g -- "$cur") ;;
		:hosts) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur") ;;
		:variables) mapfile -t COMPREPLY < <(compgen -e -- "$cur") ;;
		:commands) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
		*) COMPREPLY+=("${line%%$'\t'*}") ;;
		esac
	done
}

complete -F _agentauth agentauth agentauthctl
