# SPDX-License-Identifier: Apache-2.0
# What the stories about a shared project use: alice, whose home is closed, a repository in it, and the agent coder.
# shellcheck shell=bash disable=SC2154,SC2034

PROJECT=/home/alice/app

alice() { # COMMAND...: as alice, logged in, where the project is
	(
		id -u alice >/proc/self/loginuid
		cd "${WHERE:-$PROJECT}" && as alice "$@"
	)
}
coder() { # SCRIPT: as the agent, started by alice in the project
	alice agentauth run coder -- sh -c "$1"
}

project_host() {
	host_init
	agentauthctl role set deploy --delegable >/dev/null
	new_agent coder ES256 --role deploy --local-user alice
	chmod 700 /home/alice
	echo "alice's own" >/home/alice/diary
	chown alice: /home/alice/diary
	chmod 644 /home/alice/diary
}
new_project() {
	rm -rf "$PROJECT" /home/alice/.config/agentauth/projects
	WHERE=/ alice sh -ec "umask 022; mkdir -p $PROJECT/src; cd $PROJECT; git init -q -b main
		git config --global user.name alice; git config --global user.email alice@example.com
		echo one >notes.txt; echo 'int main(void) { return 0; }' >src/main.c
		git add .; git commit -qm 'begin'"
}

# Owner, mode and ACLs of all that is there, a line each.
rights() {
	/usr/bin/python3 - "$PROJECT" <<-'END'
		import os, sys
		for top, folders, files in os.walk(sys.argv[1]):
		    for name in sorted([top] + [os.path.join(top, f) for f in files]):
		        st = os.lstat(name)
		        acls = [(a, os.getxattr(name, a, follow_symlinks=False).hex()) for a in sorted(os.listxattr(name, follow_symlinks=False)) if "acl" in a]
		        print(name, oct(st.st_mode), st.st_uid, acls)
	END
}
