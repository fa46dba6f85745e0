#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check warns of what is unwise in a configuration that can be published. Each warning stands beside a configuration that is silent,
# which is the one that what the warning says leads to.

# shellcheck disable=SC2034,SC2154  # the loaded files use the variables
load support
load advice
load golden

setup_file() {
	host_init
	agentauthctl role set deploy --no-sudo '(root) /usr/local/sbin/restart-app' --sudo '(root) /usr/local/sbin/restart-app ""' \
		--source 127.0.0.0/8 >/dev/null
	agentauthctl role remove logs >/dev/null
	new_agent builder-7 ES256 --role deploy --owner alice@example.com --expires 365d
	cat >>/etc/agentauth/agentauth.conf <<-'END'
		issuers = {
			corp = {
				issuer = "https://idp.example.com";
				discovery = true;
				algorithms = [ "ES256" ];
				client_claim = "azp";
				reuse = "once";
			};
		};
	END
	agentauthctl apply >/dev/null
	agentauthctl set builder-7 --bind corp:builder >/dev/null
	cp -a /etc/agentauth /run/tidy
}
setup() {
	cp -aT /run/tidy /etc/agentauth
	agentauthctl apply --yes >/dev/null
}
agent_text() { # SED
	sed -i -E "$1" /etc/agentauth/agents.d/builder-7.conf
}
main_text() { # SED
	sed -i -E "$1" /etc/agentauth/agentauth.conf
}
codes() {
	agentauthctl check --json | jq -r '[.problems[].code] | unique | join(" ")'
}
# Nothing else is warned of, and what is warned of has a place; what is told to do is in $order.
warned() { # CODE REGEX
	run agentauthctl check
	expect_status 0
	told "$2"
	[ "$(codes)" = "$1" ] || { echo "other warnings: $(codes)" >&2; return 1; }
	[ "$(agentauthctl check --json | jq '[.problems[] | select(.file and .line > 0 and .column > 0 and .severity == "warning" | not)] | length')" -eq 0 ]
}
silent() {
	run agentauthctl check
	expect_status 0
	expect_no_output 'warning'
	[ "$(codes)" = '' ]
}

@test "a configuration with nothing unwise in it is silent, and with --strict too" {
	silent
	turn tidy agentauthctl check --strict
	run agentauthctl apply
	expect_no_output 'unwise'
}

@test "a warning is no mistake, except with --strict, and apply says how many there are" {
	agent_text '/^(owner|expires)/d'
	turn warnings agentauthctl check
	turn strict agentauthctl check --strict
	expect_status 1
	agentauthctl apply >/dev/null
	turn apply agentauthctl apply
	told 'are unwise: (agentauthctl check) shows them'
	obey
	told 'owner: is not set'
	run --separate-stderr agentauthctl apply --json
	[ "$(jq .unwise <<<"$output")" -eq 2 ]
	run agentauthctl set builder-7 --description 'Release builder'
	expect_no_output 'unwise|is not set'
}

@test "an agent without owner, without end, from everywhere" {
	agent_text '/^owner/d'
	warned no-owner 'is not set, so that nobody is known to answer for the agent: (agentauthctl set builder-7 --owner WHO)'
	agentauthctl apply >/dev/null
	obey WHO alice@example.com
	silent
	agent_text '/^expires/d'
	agentauthctl apply >/dev/null
	warned no-end 'is not set, so that the agent gets in for ever, needed or not: (agentauthctl set builder-7 --expires 365d)'
	obey
	silent
	agentauthctl role set deploy --sources '' >/dev/null
	warned no-source 'gets in from everywhere: (agentauthctl set builder-7 --source CIDR)'
	obey CIDR 127.0.0.0/8
	silent
	# A role that is no way in from a network wants no source.
	agentauthctl set builder-7 --sources '' >/dev/null
	agentauthctl role set deploy --services sudo,cron >/dev/null
	silent
}

@test "an agent that ends, that has ended, or that gets in nowhere" {
	agentauthctl set builder-7 --expires 5d >/dev/null
	warned ends-soon 'expires: is 20.*Z: (agentauthctl set builder-7 --expires 365d) lets the agent go on'
	obey
	silent
	agent_text 's/^expires = .*/expires = "2024-01-01T00:00:00Z";/'
	agentauthctl apply >/dev/null
	warned ended 'gets in nowhere any more: (agentauthctl retire builder-7), or agentauthctl set builder-7 --expires 365d'
	told 'or (agentauthctl set builder-7 --expires 365d)'
	obey
	silent
	agent_text 's/^roles = .*/roles = [ ];/'
	agentauthctl apply >/dev/null
	warned 'no-role unused-role' 'are none, so that the agent gets in nowhere: (agentauthctl set builder-7 --role ROLE)'
	obey ROLE deploy
	silent
	agentauthctl register idle --role deploy --owner q --expires 365d >/dev/null
	warned no-credential 'are none, nor are bindings, so that nobody can log in as the agent: (agentauthctl set idle --key FILE)'
	obey FILE "$KEYS/builder-7.pub"
	[ "$(codes)" = shared-key ]
	agentauthctl retire idle >/dev/null
	silent
}

@test "one key at two agents is told at the key of the second, and who has it too" {
	agentauthctl register twin --role deploy --owner q --expires 365d --key "$KEYS/builder-7.pub" >/dev/null 2>&1
	warned shared-key 'twin.conf:[0-9]+:1: warning: keys: builder-7 and twin have the same public key: .* Give each a key of its own: (agentauthctl rotate)'
	dev agentauth keygen --out "$KEYS/twin.pem" >"$KEYS/twin.pub" 2>/dev/null
	sh -e -c "$order twin --key $KEYS/twin.pub --grace 0s" >/dev/null
	silent
	agentauthctl retire twin >/dev/null
}

@test "keys that end, and keys that are weaker than others" {
	agent_text 's/^(\s*)(pem = )/\1not_after = "'"$(date -u -d '+5 days' +%FT%TZ)"'";\n\1\2/'
	agentauthctl apply >/dev/null
	warned keys-end-soon 'the last that is good ends within 14 days: (agentauthctl rotate builder-7 --key FILE) registers a new one'
	dev agentauth keygen --out "$KEYS/next.pem" >"$KEYS/next.pub" 2>/dev/null
	obey FILE "$KEYS/next.pub"
	silent
	cp -aT /run/tidy /etc/agentauth
	agent_text 's/^(\s*)(pem = )/\1not_after = "2024-01-01T00:00:00Z";\n\1\2/'
	agentauthctl apply >/dev/null
	warned no-good-key 'none of them is good any more: (agentauthctl rotate builder-7 --key FILE) registers a new one'
	obey FILE "$KEYS/next.pub"
	silent
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$KEYS/short.pem"
	openssl pkey -in "$KEYS/short.pem" -pubout -out "$KEYS/short.pub"
	agentauthctl rotate builder-7 --key "$KEYS/short.pub" --grace 0s >/dev/null
	warned weak-key 'is RSA of 2048 bits, .*: make another with (agentauth keygen), and agentauthctl rotate builder-7 --key FILE'
	# shellcheck disable=SC2086  # it is a command and its argument
	dev $order --out "$KEYS/strong.pem" >"$KEYS/strong.pub" 2>/dev/null
	told 'and (agentauthctl rotate builder-7 --key FILE)'
	obey FILE "$KEYS/strong.pub --grace 0s"
	silent
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$KEYS/long.pem"
	openssl pkey -in "$KEYS/long.pem" -pubout -out "$KEYS/long.pub"
	agentauthctl rotate builder-7 --key "$KEYS/long.pub" --grace 0s >/dev/null
	silent
}

@test "services that no stack has, and rules that no service reaches" {
	agentauthctl role set deploy --services ssh,sudo >/dev/null 2>&1
	warned unknown-service 'roles.deploy.services\[0\]: this host has no service "ssh": there is no /etc/pam.d/ssh \(did you mean (sshd)\?\)'
	agentauthctl role set deploy --services "$order,sudo" >/dev/null
	silent
	main_text 's/^accounts = \{/&\n\twithout_credential = [ "crom" ];/'
	[ "$(codes)" = unknown-service ] # and silent by itself, where the text names none
	cp -aT /run/tidy /etc/agentauth
	agentauthctl apply >/dev/null
	agentauthctl role set deploy --services sshd >/dev/null
	warned rules-out-of-reach 'its sudo rules grant nothing, since its services do not list sudo: (agentauthctl role set deploy --service sudo)'
	obey
	silent
}

@test "roles that nobody has, issuers that nobody is bound to, approvers that are nobody" {
	agentauthctl role add spare --service sshd >/dev/null
	warned unused-role 'roles.spare: no agent has this role: (agentauthctl role remove spare) takes it away'
	# It is not known who has it while a file cannot be read.
	agent_text 's/^uid =/uid/'
	run agentauthctl check
	expect_status 1
	expect_no_output 'no agent has this role'
	cp -aT /run/tidy/agents.d /etc/agentauth/agents.d
	obey
	silent
	agentauthctl set builder-7 --no-bind corp:builder >/dev/null
	warned unused-issuer 'issuers.corp: no agent is bound to this issuer, whose tokens let nobody in: (agentauthctl set NAME --bind corp:CLIENT)'
	obey NAME builder-7 CLIENT builder
	silent
	printf '\n%s\n' 'Plugin agentauth_approval /usr/libexec/agentauth/agentauth_approval.so' >>/etc/sudo.conf
	groupadd -f agentauth-approvers
	gpasswd -M '' agentauth-approvers
	agentauthctl role set deploy --approval '(root) /usr/bin/id ""' >/dev/null
	warned no-approver 'nobody is in the group agentauth-approvers, so that root alone can approve: (gpasswd -a USER agentauth-approvers)'
	obey USER bob
	silent
	gpasswd -d bob agentauth-approvers
}

@test "bindings that no token fits, or that grant nothing" {
	main_text 's/^(\s*)reuse = "once";/&\n\1require = ( { claim = "azp"; value = "other"; } );/'
	warned binding-never-fits 'bindings\[0\]: no token fits: require of the issuer wants "azp" to be "other", and it is "builder" in each token'
	main_text 's/value = "other"/value = "builder"/'
	silent
	agent_text 's/client = "builder";/& require = ( { claim = "iss"; value = "https:\/\/x.example.com"; } );/'
	warned binding-never-fits 'require of the binding wants "iss" to be "https://x.example.com"'
	cp -aT /run/tidy /etc/agentauth
	main_text 's/client_claim = "azp"/client_claim = "sub"/'
	silent
	agent_text 's/client = "builder";/& subject = "other";/'
	warned binding-never-fits 'client and subject are both held against sub'
	cp -aT /run/tidy /etc/agentauth
	agentauthctl role add extra --service sshd >/dev/null
	main_text 's/^(\s*)reuse = "once";/&\n\1scopes = ( { claim = "scope"; value = "s"; role = "extra"; } );/'
	warned 'binding-grants-nothing unused-role' 'scopes of the issuer corp grant none of the agent.s roles, so that each of its tokens is refused'
	main_text 's/role = "extra"/role = "deploy"/'
	[ "$(codes)" = unused-role ]
}

@test "people of this host who are not there, and delegation that cannot be" {
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl set builder-7 --local-user bobb >/dev/null
	warned no-such-user 'there is no user "bobb" on this host \(did you mean bob\?\): (agentauthctl set builder-7 --no-local-user bobb)'
	obey
	agentauthctl set builder-7 --local-user bob >/dev/null
	silent
	agentauthctl role set deploy --no-delegable >/dev/null
	warned no-delegable-role 'none of its roles is delegable, so that nobody can have the agent act for them: (agentauthctl role set ROLE --delegable)'
	obey ROLE deploy
	silent
	agentauthctl set builder-7 --user carol >/dev/null
	warned no-delegating-issuer 'no issuer that the agent is bound to has delegation allowed, so that no token is for them: (agentauthctl issuer set ISSUER --delegation)'
	obey ISSUER corp
	silent
}

@test "rules that were accepted go on being named, and characters that nobody can see" {
	agentauthctl role set deploy --accept-risk --sudo '(root) /usr/bin/find' >/dev/null 2>&1
	warned rule-risk 'roles.deploy.sudo\[1\]: "\(root\) /usr/bin/find" allows more than it says: .* (Name a program that does the one thing, with its arguments)'
	agentauthctl role set deploy --no-sudo '(root) /usr/bin/find' --sudo '(root) /usr/bin/find /srv -name app' >/dev/null
	silent
	printf '# the \xe2\x80\xaeowner\n' >>/etc/agentauth/agents.d/builder-7.conf
	warned hidden-character 'builder-7.conf:[0-9]+:7: warning: the character U.202E cannot be seen, so that the text may say something else than it shows; (take it out)'
	agent_text '$d'
	printf '# the own\xc3\xa9r\n' >>/etc/agentauth/agents.d/builder-7.conf
	silent
}

@test "much that is unwise at once, in the order of the files, for people and for programs" {
	local agents=/etc/agentauth/agents.d
	agentauthctl role set deploy --services ssh,sudo --sudo '(root) /usr/bin/systemctl status app' >/dev/null 2>&1
	agentauthctl role add never-used --service sshd >/dev/null
	printf '# \xe2\x80\x8b\n' >>$agents/builder-7.conf
	agent_text '/^owner/d; s/client = "builder";/& subject = "other"; require = ( { claim = "azp"; value = "b"; } );/'
	echo 'delegation = { local_users = [ "bobb" ]; };' >>$agents/builder-7.conf
	agentauthctl apply >/dev/null
	turn all agentauthctl check
	expect_status 0
	turn all-json sh -c "agentauthctl check --json | jq -c '.problems[]'"
	# A mistake elsewhere keeps none of them from being named, but for what needs all agents in view.
	printf 'uid = 70009;\nroles = [ "depoly" ];\n' >$agents/zoe.conf
	turn all-and-a-mistake agentauthctl check
	expect_status 1
	rm $agents/zoe.conf
}

@test "one file is checked as all are" {
	agent_text '/^owner/d'
	turn file agentauthctl check --file /etc/agentauth/agents.d/builder-7.conf
	expect_status 0
	run agentauthctl check --strict --file /etc/agentauth/agents.d/builder-7.conf
	expect_status 1
	run agentauthctl check --strict --file /run/tidy/agents.d/builder-7.conf
	expect_status 0
	expect_no_output 'warning'
}
