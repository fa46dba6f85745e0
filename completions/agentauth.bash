# SPDX-License-Identifier: Apache-2.0
# Completion for agentauth. What there is to complete is asked of the program itself, so that it cannot fall behind.

_agentauth_commands()
{
	agentauth --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

_agentauth_options()
{
	agentauth "$1" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
}

_agentauth_profiles()
{
	sed -n 's/^[[:space:]]*\([A-Za-z][A-Za-z0-9_*-]*\)[[:space:]]*[=:][[:space:]]*{.*/\1/p' \
		"${AGENTAUTH_CONFIG:-$HOME/.config/agentauth/config}" 2>/dev/null | grep -v -e '^profiles$' -e '_'
}

_agentauth()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_commands) help --help --version" -- "$cur")
		return
	fi
	case $prev in
	--alg)
		mapfile -t COMPREPLY < <(compgen -W "ES256 ES384 ES512 EdDSA Ed25519 RS256 RS384 RS512 PS256 PS384 PS512" -- "$cur")
		return
		;;
	profile)
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W "add list show check" -- "$cur")
			return
		fi
		;;
	show | check)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_profiles)" -- "$cur")
		return
		;;
	--profile)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_profiles)" -- "$cur")
		return
		;;
	--key | --public | --out | --import | --config | --passphrase-file | --token-file | --client-secret-file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--passphrase-env)
		mapfile -t COMPREPLY < <(compgen -e -- "$cur")
		return
		;;
	esac
	case $command in
	help)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_commands)" -- "$cur")
		;;
	ssh)
		if [[ $cur == --* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_options ssh)" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
		fi
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$(_agentauth_options "$command")" -- "$cur")
		;;
	esac
}

complete -F _agentauth agentauth
