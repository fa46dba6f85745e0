#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What sudo, PAM and sshd tell on our behalf, taken from what is printed and done to the letter. Which
# sentence is carried out by which test is in orders.table.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a shell of its own; the loaded files use the variables
load support
load advice

setup_file() {
	advice_host_of_people
}
setup() {
	log_mark
	audit_mark
	cd /home/dev || return
}
teardown() {
	people_have_ssh_and_sudo
}

@test "a registry that cannot be read: who starts an agent and the log say what to run, and that leads to what mends it" {
	local file what
	for file in policy accounts; do
		head -c 200 /dev/urandom >"$STATE/current/$file.cdb"
		run "$HERE/pam_converse" sshd builder-7 "$(token_file builder-7)" authenticate acct_mgmt
		expect_status 1
		if [ $file = accounts ]; then
			run log_since_mark
			what='agents are refused. Run: (agentauthctl check)'
		else
			run as_alice agentauth run builder-7 -- true
			what='the registry cannot be read; run (agentauthctl check)'
		fi
		told "$what"
		obey
		told '(agentauthctl apply) publishes it'
		obey
		run by_key builder-7 true
		expect_status 0
	done
}

@test "an answer that the client cut: in parts, as agentauth gives it, it is taken" {
	local token
	token=$(token_file builder-7 --claim "task=\"$(printf '%0900d' 0)\"")
	sed -i.kept 's/pam_agentauth.so/& debug/' /etc/pam.d/sshd
	ANSWER='WHOLE=1' run ssh_with "$token" "builder-7@$HOST" id -un
	expect_status 255
	run log_since_mark
	mv /etc/pam.d/sshd.kept /etc/pam.d/sshd
	told 'the client cut the answer short; it must answer in parts of at most ([0-9]+) bytes'
	run ssh_with "$(token_file builder-7 --claim "task=\"$(printf '%0100d' 0)\"")" "builder-7@$HOST" id -un
	expect_output '^builder-7$'
}

@test "a published record that is damaged: list says what to do, and that is enough" {
	/usr/bin/python3 - "$STATE/current/policy.cdb" <<-'END'
		import sys
		data = open(sys.argv[1], "rb").read()
		open(sys.argv[1], "wb").write(data.replace(b'"uid":', b"!!!!!!"))
	END
	run by_key builder-7 true
	expect_status 255
	run agentauthctl list
	expect_no_output 'There are no agents'
	told 'the published record of "builder-7" is damaged: run (agentauthctl apply)'
	obey
	run by_key builder-7 true
	expect_status 0
	run agentauthctl apply
	told 'Nothing has changed'
}

# What doctor finds then, and what it says to do, is done.
doctor_mends() { # CHECK
	run agentauthctl doctor
	expect_output "^PROBLEM  $1 "
	done_to_the_letter
}
@test "an agent that the host does not know, and one whose uid is another's: the log names doctor, which knows the way out" {
	cp -a /etc/nsswitch.conf kept-nsswitch
	sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf
	run "$HERE/pam_converse" sshd builder-7 "$(token_file builder-7)" authenticate
	expect_status 1
	run log_since_mark
	told 'the system does not know agent builder-7; refused. Run: (agentauthctl doctor)'
	doctor_mends nsswitch
	run by_key builder-7 true
	expect_status 0
}

# What the example of a hook says of itself is done: whoever listens at the address reads what waits.
the_example_hook_asks() {
	local example=/usr/share/agentauth/hooks/approval-requested.example pid
	run sed -n 's/^# *//p' $example
	told 'To use it: set the address below, copy the file to (/[^,]+), owner root, mode (0755)'
	install -d "${order%/*}"
	install -o root -m "${BASH_REMATCH[2]}" <(sed 's|https://chat.example.com/.*|http://127.0.0.1:8099/|' $example) "$order"
	timeout 60 /usr/bin/python3 -c '
import http.server, sys
class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(204); self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8099), Chat).handle_request()' >asked 2>/dev/null 3>&- &
	by_key other 'sudo restart-app' >waited 2>&1 3>&- &
	pid=$!
	wait_until test -s asked || return 1
	agentauthctl approval deny "$(jq -r .id asked)"
	wait "$pid" || :
	rm "$order"
}

@test "a command that waits for a person: on this host it is approved by what its agent is told" {
	local pid
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/local/sbin/restart-app' >/dev/null
	agentauthctl set other --no-role deploy --role ops >/dev/null
	by_key other 'sudo restart-app' >waited 2>&1 3>&- &
	pid=$!
	wait_until grep -q 'approval approve' waited || { cat waited >&2; return 1; }
	run cat waited
	told 'on this host: (agentauthctl approval approve [^ ]+)'
	obey
	wait "$pid"
	grep -q '^restarted by root for other' waited
	the_example_hook_asks
	agentauthctl set other --no-role ops
	agentauthctl role remove ops
	sed -i '/agentauth/d' /etc/sudo.conf
}
