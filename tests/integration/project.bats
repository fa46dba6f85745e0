#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A person shares a folder with an agent of the host: both write there and commit, and the agent gets nothing else of the home.

load support
load agents
load sessions
load project

setup_file() {
	project_host
}
setup() {
	log_mark
	audit_mark
	new_project
}

share() {
	run alice agentauth project share "$@"
	expect_status 0
}

@test "both edit and commit in one checkout, whatever git and the umask of either do" {
	share "$PROJECT" coder
	expect_output "^coder may read and write $PROJECT and all in it, and its owner what coder makes there"
	alice sh -ec 'umask 077; echo two >>notes.txt; mkdir docs; echo d >docs/private.txt; git add .; git commit -qm alice'
	run coder 'set -e; umask 077; git config --global user.name coder; git config --global user.email coder@example.com
		cat docs/private.txt; echo three >>docs/private.txt; echo four >>notes.txt; mkdir lib; echo l >lib/new.c
		git add .; git commit -qm coder; git gc -q; git checkout -qb topic; echo t >topic; git add topic; git commit -qm topic
		sed -i s/one/eins/ notes.txt; git commit -qam sed; cp -p src/main.c src/new && mv src/new src/main.c
		echo x >>notes.txt; git stash -q; git stash pop -q; git checkout -q notes.txt; git checkout -q main'
	expect_status 0
	run alice sh -ec 'git merge -q topic; echo five >>lib/new.c; echo six >>docs/private.txt; echo seven >>notes.txt; echo "// 8" >>src/main.c; git commit -qam merged; git gc -q
		git fsck; git log --format=%an; git status --short; find . ! -readable -o -type d ! -writable'
	expect_status 0
	[ "$(grep -c '^coder$' <<<"$output")" -eq 3 ]
	[ "$(grep -c '^alice$' <<<"$output")" -eq 3 ]
	expect_no_output '^\./|^ M|^\?\?'
	# What git leaves for itself is open to both, as far as its own owner may write it.
	run coder 'git commit -q --allow-empty -m last && git gc -q && find . ! -readable -o -type d ! -writable'
	expect_status 0
	[ -z "$output" ]
}

@test "the home stays closed: the agent finds the project at its own path, and nothing beside it" {
	share "$PROJECT" coder
	expect_output "^/home/alice is closed to others and stays so"
	run alice cat /home/alice/diary
	expect_status 0
	[ "$output" = "alice's own" ]
	run coder 'pwd; cat notes.txt /home/alice/app/src/main.c; ls -A /home/alice; cat /home/alice/diary; cat ../diary; cat /proc/'$$'/root/home/alice/diary'
	expect_status 1
	expect_output "^$PROJECT\$"
	expect_output '^one$'
	expect_output '^int main'
	expect_output '^app$'
	expect_no_output "alice's own|bashrc"
	expect_output 'diary: No such file'
	[ "$(stat -c %a /home/alice)" = 700 ]
	[ "$(stat -c %U:%a /home/alice/diary)" = alice:644 ]
	run coder 'unshare --user --map-root-user --mount sh -c "umount /home/alice; ls -A /home/alice; cat /home/alice/diary"'
	expect_no_output "alice's own|bashrc"
	# Whoever starts it elsewhere, and logs in as it, gets to neither.
	WHERE=/tmp run coder "cat $PROJECT/notes.txt"
	expect_status 1
	run by_key coder "cat $PROJECT/notes.txt; cat /home/alice/diary"
	expect_status 1
	expect_no_output '^one$|own'
	# What is mounted for the agent is mounted for nobody else.
	run grep alice /proc/self/mountinfo
	expect_status 1
	run alice ls -A /home/alice
	expect_output '^diary$'
}

@test "a folder within a shared one, one beside it, and one that another person shares" {
	share "$PROJECT" coder
	WHERE="$PROJECT/src" run coder 'pwd; cat main.c ../notes.txt'
	expect_status 0
	expect_output "^$PROJECT/src\$"
	alice mkdir -p /home/alice/other
	WHERE=/home/alice/other run coder "pwd; cat $PROJECT/notes.txt"
	expect_status 1
	expect_no_output '^one$'
	# bob's folder is no project of alice's, whatever its ACL says.
	as bob sh -c 'chmod 700 ~; mkdir -p ~/app; echo b >~/app/f'
	run as bob agentauth project share /home/bob/app coder
	expect_output '^coder may read and write /home/bob/app'
	chmod 755 /home/bob && chmod 700 /home/bob/app # a person who enters it
	setpriv --reuid bob --regid bob --init-groups true
	chmod 711 /home/bob
	WHERE=/home/bob run coder 'cat app/f'
	expect_status 1
	rm -rf /home/bob/app
}

@test "what lies elsewhere too, what runs as its owner, others' files and mounts are left, and no link is followed" {
	WHERE=/home/alice alice sh -ec "echo k >keys; chmod 600 keys; ln keys $PROJECT/hard; ln -s ~/diary $PROJECT/link; ln -s ~ $PROJECT/home
		cp /usr/bin/true $PROJECT/suid; chmod 4755 $PROJECT/suid; mkdir $PROJECT/mounted"
	install -m 644 -o bob -g bob /dev/null "$PROJECT/bobs"
	mount -t tmpfs none "$PROJECT/mounted"
	chown alice: "$PROJECT/mounted"
	local before
	before=$(stat -c %a /home/alice /home/alice/keys /home/alice/diary "$PROJECT/suid" "$PROJECT/bobs" "$PROJECT/mounted")
	share "$PROJECT" coder
	local name
	for name in hard suid bobs mounted; do expect_output "^  $name\$"; done
	expect_no_output '^  (link|home|notes.txt)$'
	[ "$before" = "$(stat -c %a /home/alice /home/alice/keys /home/alice/diary "$PROJECT/suid" "$PROJECT/bobs" "$PROJECT/mounted")" ]
	run coder 'cat hard; cat link; ls home/; echo x >bobs; echo x >mounted/x'
	expect_no_output '^k$|own|diary$'
	umount "$PROJECT/mounted"
	[ ! -s "$PROJECT/bobs" ]
	rm -f /home/alice/keys
}

@test "what an agent swaps for a link while the folder is shared again opens nothing" {
	share "$PROJECT" coder
	coder 'mkdir -p d; while :; do mv d e; ln -s /home/alice d; rm d; mv e d; done' >/dev/null 2>&1 3>&- &
	local i
	for ((i = 0; i < 15; i++)); do alice agentauth project share "$PROJECT" coder >/dev/null 2>&1 || :; done
	agentauthctl suspend coder --kill >/dev/null
	wait $! || :
	agentauthctl resume coder >/dev/null
	run stat -c '%a %U' /home/alice /home/alice/diary
	[ "$output" = $'700 alice\n644 alice' ]
}

@test "shared twice is shared once, a dry run changes nothing, and unshare leaves what was there before" {
	local before shared
	before=$(rights)
	run alice agentauth project share --dry-run "$PROJECT" coder
	expect_status 0
	expect_output 'of them would be changed'
	[ "$before" = "$(rights)" ]
	run alice agentauth project list
	expect_no_output coder
	share "$PROJECT" coder
	shared=$(rights)
	[ "$before" != "$shared" ]
	share "$PROJECT" coder
	expect_output ' 0 of them changed'
	[ "$shared" = "$(rights)" ]
	run alice agentauth project list
	[ "$output" = "AGENT  MAY    FOLDER
coder  write  $PROJECT" ]
	run alice agentauth project list --json
	[ "$(jq -c .projects[0] <<<"$output")" = "{\"agent\":\"coder\",\"may\":\"write\",\"folder\":\"$PROJECT\"}" ]
	run coder 'git config --global --get-all safe.directory'
	[ "$output" = "$PROJECT"$'\n'"$PROJECT/.git" ]
	run alice agentauth project unshare --dry-run "$PROJECT" coder
	[ "$shared" = "$(rights)" ]
	alice ln notes.txt /home/alice/another # since it was shared
	run alice agentauth project unshare "$PROJECT" coder
	expect_status 0
	[ "$before" = "$(rights)" ]
	rm /home/alice/another
	run alice agentauth project list
	expect_no_output coder
	WHERE=/tmp run coder 'git config --global --get-all safe.directory'
	[ -z "$output" ]
	run coder "cat $PROJECT/notes.txt"
	expect_status 1
}

@test "what the agent made there is root's to give back, as unshare says; and root's to open, as share says" {
	share "$PROJECT" coder
	coder 'mkdir made; echo m >made/file; umask 077; f=$(mktemp closed.XXXXXX); chmod 600 "$f"; mv "$f" closed'
	run alice cat closed
	expect_status 1
	run alice agentauth project share "$PROJECT" coder
	expect_status 0
	expect_output '^  closed$'
	expect_output "^Root opens them to alice as well: agentauth project share $PROJECT coder\$"
	run agentauth project share "$PROJECT" coder
	expect_status 0
	run alice cat closed
	expect_status 0
	run alice agentauth project unshare "$PROJECT" coder
	expect_output '^  made$'
	expect_output "^Root takes those as well, and gives them to alice: agentauth project unshare $PROJECT coder\$"
	[ "$(stat -c %U "$PROJECT/made/file")" = coder ]
	run agentauth project unshare "$PROJECT" coder
	expect_status 0
	[ "$(stat -c %U:%G "$PROJECT/made/file")" = alice:alice ]
	run rights
	expect_no_output 'posix_acl'
	run find "$PROJECT" -user coder
	[ -z "$output" ]
}

@test "an agent that may read changes nothing, works in a clone of its own, and what it made is fetched without running a word of it" {
	share --read "$PROJECT" coder
	expect_output "^coder may read $PROJECT and all in it, and write nothing there"
	expect_no_output 'runs as you'
	run alice agentauth project list
	expect_output '^coder  read '
	run coder 'cat notes.txt; echo x >>notes.txt; touch new; rm src/main.c; git -c user.name=c -c user.email=c commit -q --allow-empty -m x'
	expect_output '^one$'
	expect_output 'Permission denied'
	[ "$(alice git status --short)" = '' ]
	[ "$(alice git log --oneline | wc -l)" -eq 1 ]
	coder "rm -rf ~/app; git clone -q $PROJECT ~/app && cd ~/app && echo clone >>notes.txt &&
		git -c user.name=coder -c user.email=c commit -qam cloned && git config uploadpack.packObjectsHook 'touch /tmp/hook-ran; :'
		git config core.fsmonitor 'touch /tmp/monitor-ran; :'"
	run alice git fetch -q --upload-pack 'agentauth run coder -- git-upload-pack' /home/agents/coder/app main
	expect_status 0
	run alice git merge -q FETCH_HEAD
	expect_status 0
	[ "$(alice tail -n 1 notes.txt)" = clone ]
	run find /tmp -name 'monitor-ran' -user alice
	[ -z "$output" ]
}

@test "what cannot be shared says why: a home, another's folder, root's, no agent, no ACLs, a closed folder of somebody else" {
	run alice agentauth project share /home/alice coder
	expect_status 1
	expect_output 'holds all of a home'
	WHERE=/ run alice agentauth project share /home coder
	expect_status 1
	expect_output '/home belongs to root, and only its owner or root may share it'
	run agentauth project share /etc coder
	expect_status 1
	expect_output "is root's own"
	WHERE=/tmp run coder 'mkdir -p ~/own && agentauth project share ~/own coder'
	expect_status 1
	expect_output "/home/agents/coder/own is coder's own already"
	run alice agentauth project share "$PROJECT" bob
	expect_status 1
	expect_output 'there is no agent bob on this host'
	run alice agentauth project share "$PROJECT"
	expect_status 2
	run alice agentauth project share "$PROJECT/none" coder
	expect_status 1
	expect_output 'none cannot be found'
	mkdir -p /srv/none && mount -t ramfs none /srv/none && chown alice: /srv/none
	run alice agentauth project share /srv/none coder
	expect_status 1
	expect_output 'keeps no ACLs'
	umount /srv/none
	install -d -m 750 /srv/closed && install -d -o alice -g alice /srv/closed/app && chgrp alice /srv/closed
	run alice agentauth project share /srv/closed/app coder
	expect_status 1
	expect_output '^agentauth project: /srv/closed lets not everybody pass'
	[ "$(stat -c %a /srv/closed/app)" = 755 ]
	[ "$(rights | grep -c posix_acl)" -eq 0 ]
}

@test "an open home is said to be open, and closed as it says" {
	chmod 755 /home/alice
	share "$PROJECT" coder
	expect_output '^Everybody on this host may look into /home/alice, and so may coder. To close it: chmod 700 /home/alice$'
	run coder 'cat /home/alice/diary'
	expect_status 0
	alice chmod 700 /home/alice
	run coder 'cat /home/alice/diary'
	expect_status 1
}

@test "keys are handed over by a file that nobody else reads, and stand in no argument" {
	WHERE=/home/alice alice sh -c 'umask 077; printf "# for the model\nMODEL_KEY=\"s3cret\"\n\nHTTPS_PROXY=http://proxy.example.com:3128\nHOME=/tmp\n" >keys.env'
	forget_file coder up
	alice agentauth run --env-file /home/alice/keys.env coder -- sh -c 'cd; echo "$MODEL_KEY $HTTPS_PROXY $HOME" >up; exec sleep 613' 3>&- &
	wait_for_file coder up
	[ "$(cat /home/agents/coder/up)" = "s3cret http://proxy.example.com:3128 /home/agents/coder" ]
	run sh -c 'cat /proc/[0-9]*/cmdline | tr "\0" "\n"; cat /var/log/box.log /var/log/agentauth/audit.jsonl'
	expect_output 'sleep'
	expect_no_output 's3cret'
	run agentauthctl suspend coder --kill
	expect_status 0
	wait $! || :
	expect_none_of coder
	agentauthctl resume coder >/dev/null
	chmod 644 /home/alice/keys.env
	run alice agentauth run --env-file /home/alice/keys.env coder -- true
	expect_status 1
	expect_output "chmod 600 '?/home/alice/keys.env"
	alice chmod 600 /home/alice/keys.env
	run alice agentauth run --env-file /home/alice/keys.env coder -- true
	expect_status 0
	alice sh -c 'echo "not a variable" >>/home/alice/keys.env'
	run alice agentauth run --env-file /home/alice/keys.env coder -- true
	expect_status 1
	expect_output 'keys.env: line 6 is not NAME=VALUE'
	# The file is read with the person's rights, not with root's.
	run alice sudo -n /usr/libexec/agentauth/start coder --env-file /etc/shadow -- env
	expect_status 1
	expect_output '/etc/shadow is not read: Permission denied'
}
