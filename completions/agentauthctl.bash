# SPDX-License-Identifier: Apache-2.0
# Completion for agentauthctl. Commands and options are asked of the program itself, names of the published registry.

_agentauthctl_help()
{
	agentauthctl "$@" --help 2>/dev/null
}

# The first words of the lines of a list of commands; behind "role " where that is the family.
_agentauthctl_commands()
{
	local family=$1

	_agentauthctl_help ${family:+"$family"} | sed -n "s/^  ${family:+$family }\([a-z][a-z-]*\) .*/\1/p"
}

_agentauthctl_names()
{
	agentauthctl list 2>/dev/null | sed -n '2,$s/ .*//p'
}

_agentauthctl_roles()
{
	agentauthctl role list 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\) (.*/\1/p'
}

_agentauthctl_issuers()
{
	agentauthctl issuer list 2>/dev/null | sed -n '2,$s/ .*//p'
}

# What is revoked, of one kind: the words behind --jti, --kid or --agent, as --undo takes them.
_agentauthctl_revoked()
{
	agentauthctl revoke --list 2>/dev/null | sed -n "s/^$1 \([A-Za-z0-9_@%+=:,./-]*\) .*/\1/p"
}

_agentauthctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} sub=
	local words=

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="$(_agentauthctl_commands) help --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	case $command in
	role | session | approval | issuer | audit)
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W "$(_agentauthctl_commands "$command") --help" -- "$cur")
			return
		fi
		sub=${COMP_WORDS[2]}
		;;
	esac
	if [[ $command == revoke && " ${COMP_WORDS[*]} " == *" --undo "* && $prev =~ ^--(jti|kid|agent)$ ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauthctl_revoked "$prev")" -- "$cur")
		return
	fi
	case $prev in
	--role | --no-role)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauthctl_roles)" -- "$cur")
		return
		;;
	--issuer)
		if [[ $command == revoke ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_agentauthctl_issuers)" -- "$cur")
		fi
		return
		;;
	--agent)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauthctl_names)" -- "$cur")
		return
		;;
	--mixed-sessions)
		mapfile -t COMPREPLY < <(compgen -W "allow refuse" -- "$cur")
		return
		;;
	--local-user | --no-local-user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	--group | --no-group)
		mapfile -t COMPREPLY < <(compgen -g -- "$cur")
		return
		;;
	--algorithm | --no-algorithm)
		words="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
		;;
	--without-sub)
		mapfile -t COMPREPLY < <(compgen -W "own refuse" -- "$cur")
		return
		;;
	--reuse)
		mapfile -t COMPREPLY < <(compgen -W "once until_expiry" -- "$cur")
		return
		;;
	--provider)
		words="keycloak entra entra-agent okta auth0 identityserver google aws github kubernetes spiffe"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
		;;
	--key | --file | --sudoers | --jwks-file | --ca-file | --bearer-file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--confdir | --statedir | --logdir | --rundir)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		words=$({ _agentauthctl_help "$command" ${sub:+"$sub"}; _agentauthctl_help; } |
			sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	else
		case $command,$sub in
		set, | show, | suspend, | resume, | retire, | rotate, | explain,)
			words=$(_agentauthctl_names)
			;;
		role,set | role,remove)
			words=$(_agentauthctl_roles)
			;;
		issuer,refresh | issuer,set | issuer,remove)
			words=$(_agentauthctl_issuers)
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _agentauthctl agentauthctl
