#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doc/ci.md and doc/kubernetes.md as they stand: the host's commands, and the jobs and the pod themselves, whose scripts are
# taken from the pages' YAML. GitHub, GitLab and the cluster are a server here, and the tokens are as theirs.

load support
load agents
load pages
load idp

GITHUB=https://token.actions.githubusercontent.com
GITLAB=https://gitlab.example.com
CLUSTER=https://kubernetes.default.svc.cluster.local

setup_file() {
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
	host_init
	agentauthctl role set deploy --sudo '(root) /usr/bin/systemctl restart app' >/dev/null
	cp /home/dev/.ssh/known_hosts /run/known_hosts
	chmod 644 /run/known_hosts
	server_begins
}
teardown_file() {
	kill "$(cat "$IDP/pid")"
}
setup() {
	log_mark
	audit_mark
	rm -rf /home/dev/.ssh /home/dev/.config
	HOST_KEY=$(grep ed25519 /run/known_hosts)
}

# One server for both issuers, which the host believes as it believes theirs.
server_begins() {
	mkdir -p "$IDP/answers"
	idp_authority 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ci -keyout "$IDP/ci.key" -out "$IDP/ci.csr" 2>/dev/null
	openssl x509 -req -in "$IDP/ci.csr" -CA "$IDP/ca.pem" -CAkey "$IDP/ca.key" -days 2 -out "$IDP/ci.crt" 2>/dev/null \
		-extfile <(echo "subjectAltName=DNS:${GITHUB#*//},DNS:${GITLAB#*//}")
	cat "$IDP/ci.crt" "$IDP/ci.key" >"$IDP/tls.pem"
	echo "127.0.0.3 ${GITHUB#*//} ${GITLAB#*//}" >>/etc/hosts
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$IDP/ci.pem" 2>/dev/null
	"$HERE/jwks" "ci-1:$IDP/ci.pem" >"$IDP/jwks.json"
	jq -n --rawfile body "$IDP/jwks.json" '{body: $body}' >"$IDP/answers/jwks.json"
	("$HERE/key_server" "$IDP" 443 >>"$IDP/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$IDP/pid"
	wait_until curl -s -o /dev/null "$GITHUB/jwks"
}
issuer_is() { # URL
	jq -n --arg at "$1" '{body: ({issuer: $at, jwks_uri: ($at + "/jwks")} | tojson)}' \
		>"$IDP/answers/.well-known_openid-configuration.json"
}
job_token() { # ISSUER SUBJECT [OPTION OF FORGE]...
	"$HERE/forge" --key "$IDP/ci.pem" --alg RS256 --header 'kid="ci-1"' --claim "iss=\"$1\"" --claim "sub=\"$2\"" "${@:3}"
}
# What a page's YAML has at a place, by Python's words.
yaml_of() { # PAGE SECTION EXPRESSION
	"$HERE/pages" text "$TOP/$1" "$2" yaml | /usr/bin/python3 -c 'import sys, yaml; print(eval(sys.argv[1], {"page": yaml.safe_load(sys.stdin)}))' "$3"
}
# A job's script on a machine of its own, as its runner has it run.
on_runner() { # SCRIPT VARIABLE=VALUE...
	local script=$1
	shift
	run dev env HOME=/home/dev "$@" bash -e -o pipefail -c "cd && $script"
}

@test "the job of GitHub Actions, as the page has it, logs in and restarts the app" {
	local script
	issuer_is $GITHUB
	walk doc/ci.md 'GitHub Actions'
	jq -n --arg token "$(job_token $GITHUB repo:example/app:environment:production)" '{bearer: "of-this-run", body: ({value: $token} | tojson)}' \
		>"$IDP/answers/idtoken?api-version=2.0&audience=ssh:__$HOST.json"
	[ "$(yaml_of doc/ci.md 'GitHub Actions' 'page["jobs"]["deploy"]["permissions"]["id-token"]')" = write ]
	script=$(yaml_of doc/ci.md 'GitHub Actions' '[s["run"] for s in page["jobs"]["deploy"]["steps"] if s["name"] == "deploy"][0]')
	on_runner "$script" HOST_KEY="$HOST_KEY" ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-this-run \
		ACTIONS_ID_TOKEN_REQUEST_URL="$GITHUB/idtoken?api-version=2.0"
	expect_status 0
	expect_output '^restart app by root for app-deploy$'
	expect_audit '.event == "auth" and .agent == "app-deploy" and .issuer == "github" and .result == "ok"'
	walk doc/ci.md 'What the log has'
	# The control: a job of another environment.
	jq -n --arg token "$(job_token $GITHUB repo:example/app:environment:staging)" '{body: ({value: $token} | tojson)}' \
		>"$IDP/answers/idtoken?api-version=2.0&audience=ssh:__$HOST.json"
	rm -rf /home/dev/.config
	on_runner "$script" HOST_KEY="$HOST_KEY" ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-this-run \
		ACTIONS_ID_TOKEN_REQUEST_URL="$GITHUB/idtoken?api-version=2.0"
	expect_status 255
	expect_audit '.event == "auth" and .reason == "wrong_subject"'
}

@test "the job of GitLab, as the page has it, logs in and restarts the app" {
	local script token sub=project_path:example/app:ref_type:branch:ref:main
	issuer_is $GITLAB
	walk doc/ci.md 'GitLab'
	[ "$(yaml_of doc/ci.md GitLab 'page["deploy"]["id_tokens"]["WEB01_TOKEN"]["aud"]')" = "ssh://$HOST" ]
	script=$(yaml_of doc/ci.md GitLab '"\n".join(page["deploy"]["script"])')
	token=$(job_token $GITLAB $sub --claim exp=@3600)
	on_runner "$script" WEB01_HOST_KEY="$HOST_KEY" WEB01_TOKEN="$token"
	expect_status 0
	expect_output '^restart app by root for app-release$'
	expect_audit '.event == "auth" and .agent == "app-release" and .issuer == "gitlab" and .result == "ok"'
	# As the page says, the same token opens no second login, and does where the issuer has it so.
	rm -rf /home/dev/.config
	on_runner "$script" WEB01_HOST_KEY="$HOST_KEY" WEB01_TOKEN="$token"
	expect_status 255
	expect_audit '.event == "auth" and .reason == "replayed"'
	rm -rf /home/dev/.config
	token=$(job_token $GITLAB "${sub%main}topic" --claim exp=@3600)
	on_runner "$script" WEB01_HOST_KEY="$HOST_KEY" WEB01_TOKEN="$token"
	expect_status 255
	expect_audit '.event == "auth" and .reason == "wrong_subject"'
}

@test "a self-hosted runner: an account without any way in, which one command stops" {
	walk doc/ci.md 'A self-hosted runner' 1
	as runner-1 sleep 600 3>&- &
	wait_until pgrep -u runner-1 -x sleep
	walk doc/ci.md 'A self-hosted runner' 2
	run pgrep -u runner-1
	expect_status 1
	run as runner-1 sudo -n systemctl restart app
	expect_status 1
	expect_audit '.agent == "runner-1" and .reason == "no_session"'
}

# As the kubelet lays it out for the pod's user and group.
token_is_projected() { # TOKEN
	local at=/var/run/secrets/agentauth
	rm -rf $at
	install -d -m 3777 -g dev $at
	install -d -m 2755 -g dev $at/..2026
	install -m 0640 -o dev -g dev /dev/stdin $at/..2026/token <<<"$1"
	ln -s ..2026 $at/..data
	ln -s ..data/token $at/token
}

@test "the pod, as the page has it, logs in by its projected token" {
	local script sub=system:serviceaccount:reports:reporter
	cp "$IDP/jwks.json" /etc/agentauth/kube.jwks
	walk doc/kubernetes.md "The cluster's keys"
	walk doc/kubernetes.md 'The agent'
	[ "$(yaml_of doc/kubernetes.md 'The pod' 'page["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["audience"]')" = "ssh://$HOST" ]
	script=$(yaml_of doc/kubernetes.md 'The pod' 'page["spec"]["containers"][0]["command"][2]')
	install -D -m 0644 /run/known_hosts /etc/ssh-hosts/known_hosts
	token_is_projected "$(job_token $CLUSTER $sub --claim exp=@600)"
	run dev env HOME=/home/dev sh -ec "$script"
	expect_status 0
	expect_output '^restart app by root for reporter$'
	expect_audit '.event == "auth" and .agent == "reporter" and .issuer == "kube" and .result == "ok"'
	# Until the kubelet renews it the same token is good.
	run dev env HOME=/home/dev agentauth ssh "reporter@$HOST" id -un
	expect_output '^reporter$'
	# Another service account of the namespace; a token for the API server is not even shown.
	token_is_projected "$(job_token $CLUSTER "$sub-2" --claim exp=@600)"
	run dev env HOME=/home/dev agentauth ssh "reporter@$HOST" id -un
	expect_status 255
	walk doc/kubernetes.md 'When the pod is refused'
	expect_output 'wrong_subject'
	token_is_projected "$(job_token $CLUSTER $sub --claim 'aud=["https://kubernetes.default.svc"]')"
	audit_mark
	run dev env HOME=/home/dev agentauth ssh "reporter@$HOST" id -un
	expect_status 1
	expect_no_audit '.event == "auth"'
}
