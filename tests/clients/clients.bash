# SPDX-License-Identifier: Apache-2.0
# The clients that people have, and how each logs in; tests/integration/clients.bats runs them, in a box.
# shellcheck shell=bash disable=SC2016,SC2034,SC2086,SC2154

# A client is a function NAME_WAY for each way that it knows:
#   prompt    keyboard-interactive, the agent's own way
#   given     the same, where the client answers the prompt with what it was given as a password
#   key       the registered key, as an SSH key
#   password  sshd's password method, on port 2222
# It logs in as $AGENT at $HOST, does what such a client does there, and fails if it was refused. CREDENTIAL is what is
# given as a password, KEY the private key's file, AGENTAUTH_CONFIG what agentauth answers by: good ones, or others.
WAYS=(prompt given key password)
PROGRAMS=/usr/local/libexec/agentauth-clients # where dev can read them, wherever this tree lies

# NAME|what it is called in doc/clients.md|what answers the prompt
KNOWN_CLIENTS='ssh|`ssh` (OpenSSH)|`agentauth ssh`
askpass|`ssh`, with `SSH_ASKPASS` alone|`agentauth-askpass`
sshpass|`sshpass ssh`|the credential as its password
sftp|`sftp -b`|`-S agentauth-ssh`
scp|`scp -B`|`-S agentauth-ssh`
rsync|`rsync`|`-e "agentauth ssh"`
git|`git`|`GIT_SSH_COMMAND="agentauth ssh"`
ansible|Ansible|`ANSIBLE_SSH_EXECUTABLE`, or the credential as `ansible_password`
plink|`plink` (PuTTY)|the credential as its password
dbclient|`dbclient` (Dropbear)|the credential as its password
curl|`curl sftp://` (libssh2)|the credential as its password
ssh2|ssh2 (Node)|`agentauth answer`
node_ssh|node-ssh (Node)|`agentauth answer`, or the credential as its password
asyncssh|asyncssh (Python)|`agentauth answer`, or the credential as its password
paramiko|paramiko (Python)|`agentauth answer`, or the credential as its password
libssh|libssh (C)|`agentauth answer`
go|golang.org/x/crypto/ssh (Go)|`agentauth answer`
ssh_mcp|ssh-mcp (MCP server)|nothing: it knows no prompt
ssh_manager|mcp-ssh-manager (MCP server)|nothing: it knows no prompt'

# Half a minute is ten times what the slowest takes: a client that hangs is told from one that is refused.
client() { # COMMAND...
	dev env HOME=/home/dev CREDENTIAL="$CREDENTIAL" KEY="$KEY" AGENTAUTH_CONFIG="$AGENTAUTH_CONFIG" \
		timeout --kill-after=5 30 "$@"
}
# What a library's own program does, on the port of the way.
library() { # PORT COMMAND...
	client "${@:2}" "$1" "$AGENT" 'id -un'
}

# ---- OpenSSH and what runs it -----------------------------------------------------------------------------------------
BY_KEY='ssh -o BatchMode=yes -o IdentitiesOnly=yes -i'
BY_PASSWORD='ssh -o PreferredAuthentications=password,keyboard-interactive -o NumberOfPasswordPrompts=1'

ssh_prompt() { client agentauth ssh "$AGENT@$HOST" id -un; }
ssh_on_2222() { client agentauth ssh -p 2222 "$AGENT@$HOST" id -un; }
ssh_key() { client $BY_KEY "$KEY" "$AGENT@$HOST" id -un; }

askpass_prompt() { client env SSH_ASKPASS=agentauth-askpass SSH_ASKPASS_REQUIRE=force ssh -o NumberOfPasswordPrompts=1 "$AGENT@$HOST" id -un; }

sshpass_given() { client env SSHPASS="$CREDENTIAL" sshpass -e $BY_PASSWORD "$AGENT@$HOST" id -un; }
sshpass_password() { client env SSHPASS="$CREDENTIAL" sshpass -e $BY_PASSWORD -p 2222 "$AGENT@$HOST" id -un; }

sftp_prompt() { client sftp -q -b "$PROGRAMS/batch" -S agentauth-ssh "$AGENT@$HOST"; }
sftp_key() { client sftp -q -b "$PROGRAMS/batch" -o IdentitiesOnly=yes -i "$KEY" "$AGENT@$HOST"; }

scp_prompt() { client scp -q -B -S agentauth-ssh "$PROGRAMS/batch" "$AGENT@$HOST:"; }
scp_key() { client scp -q -B -o IdentitiesOnly=yes -i "$KEY" "$PROGRAMS/batch" "$AGENT@$HOST:"; }

rsync_prompt() { client rsync -e 'agentauth ssh' "$PROGRAMS/batch" "$AGENT@$HOST:"; }
rsync_key() { client rsync -e "$BY_KEY $KEY" "$PROGRAMS/batch" "$AGENT@$HOST:"; }

git_prompt() { client env GIT_SSH_COMMAND='agentauth ssh' git ls-remote "$AGENT@$HOST:repository"; }
git_key() { client env GIT_SSH_COMMAND="$BY_KEY $KEY" git ls-remote "$AGENT@$HOST:repository"; }

ansible_any() { # ANSIBLE-ARGUMENT...
	client env ANSIBLE_LOCAL_TEMP=/tmp/ansible "ANSIBLE_SSH_ARGS=-o ControlMaster=no" ansible -u "$AGENT" -i "$HOST," all -m raw -a 'id -un' "$@"
}
ansible_prompt() { ansible_any -e "ansible_ssh_executable=$(command -v agentauth-ssh)"; }
ansible_given() { ansible_any -e "ansible_password=$CREDENTIAL"; }
ansible_key() { ansible_any --private-key "$KEY" -e ansible_ssh_common_args=-oIdentitiesOnly=yes; }
ansible_password() { ansible_any -e ansible_port=2222 -e "ansible_password=$CREDENTIAL"; }

# ---- programs with an SSH of their own -----------------------------------------------------------------------------------
plink_any() { # PLINK-ARGUMENT...
	client plink -ssh -batch -noagent -hostkey "$(cat "$PROGRAMS/fingerprint")" "$@" "$AGENT@$HOST" id -un
}
plink_credential() { # PORT
	printf '%s\n' "$CREDENTIAL" >"$PROGRAMS/credential"
	plink_any -P "$1" -pwfile "$PROGRAMS/credential"
}
plink_given() { plink_credential 22; }
plink_key() { plink_any -i "$KEY.ppk"; }
plink_password() { plink_credential 2222; }

# It ends with 0 where it was refused: what the command prints tells.
dbclient_any() { # ARGUMENT...
	client env DROPBEAR_PASSWORD="$CREDENTIAL" dbclient "$@" "$AGENT@$HOST" id -un | grep -x "$AGENT"
}
dbclient_given() { dbclient_any; }
dbclient_key() { CREDENTIAL='' dbclient_any -i "$KEY.dropbear"; }
dbclient_password() { dbclient_any -p 2222; }

curl_any() { # URL LINE-OF-CONFIGURATION...
	local url=$1
	shift
	printf '%s\n' "$@" >"$PROGRAMS/curl"
	client curl -sS --connect-timeout 10 --config "$PROGRAMS/curl" "$url/./"
}
curl_given() { curl_any "sftp://$HOST" "user = \"$AGENT:$CREDENTIAL\""; }
curl_key() { curl_any "sftp://$HOST" "user = \"$AGENT:\"" "key = \"$KEY\""; }
curl_password() { curl_any "sftp://$HOST:2222" "user = \"$AGENT:$CREDENTIAL\""; }

# ---- libraries ---------------------------------------------------------------------------------------------------------
ssh2_prompt() { client node "$PROGRAMS/ssh2_answer.mjs" "$HOST" "$AGENT" /etc/ssh/ssh_host_ed25519_key.pub 'id -un'; }
ssh2_key() { library 22 node "$PROGRAMS/node_client.mjs" ssh2 key; }
ssh2_password() { library 2222 node "$PROGRAMS/node_client.mjs" ssh2 password; }

node_ssh_prompt() { library 22 node "$PROGRAMS/node_client.mjs" node-ssh answer; }
node_ssh_key() { library 22 node "$PROGRAMS/node_client.mjs" node-ssh key; }
node_ssh_password() { library 2222 node "$PROGRAMS/node_client.mjs" node-ssh password; }
node_ssh_given() { library 22 node "$PROGRAMS/node_client.mjs" node-ssh password; }

asyncssh_prompt() { client /usr/bin/python3 "$PROGRAMS/asyncssh_answer.py" "$HOST" "$AGENT" 'id -un'; }
asyncssh_key() { library 22 "$PROGRAMS/python_client" asyncssh key; }
asyncssh_password() { library 2222 "$PROGRAMS/python_client" asyncssh password; }
asyncssh_given() { library 22 "$PROGRAMS/python_client" asyncssh password; }

paramiko_prompt() { client /usr/bin/python3 "$PROGRAMS/paramiko_answer.py" "$HOST" "$AGENT" 'id -un'; }
paramiko_key() { library 22 "$PROGRAMS/python_client" paramiko key; }
paramiko_password() { library 2222 "$PROGRAMS/python_client" paramiko password; }
paramiko_given() { library 22 "$PROGRAMS/python_client" paramiko password; }

libssh_prompt() { library 22 "$PROGRAMS/libssh_client" answer; }
libssh_key() { library 22 "$PROGRAMS/libssh_client" key; }
libssh_password() { library 2222 "$PROGRAMS/libssh_client" password; }

go_prompt() { client "$PROGRAMS/go_answer" "$HOST" "$AGENT" 'id -un'; }
go_key() { library 22 "$PROGRAMS/go_client" key; }
go_password() { library 2222 "$PROGRAMS/go_client" password; }

# ---- MCP servers -------------------------------------------------------------------------------------------------------
NODE_BIN=$PROGRAMS/node_modules/.bin

ssh_mcp_any() { # PORT AUTH [LINE OF PROFILE]
	install -d -m 0700 -o dev -g dev /home/dev/.config/ssh-mcp
	cat >/home/dev/.config/ssh-mcp/config.toml <<-END
		[defaults]
		defaultProfile = "web"
		[[profiles]]
		name = "web"
		host = "$HOST"
		port = $1
		user = "$AGENT"
		auth = "$2"
		role = "admin"
		approvalPolicy = "auto"
		${3:-}
	END
	chmod 600 /home/dev/.config/ssh-mcp/config.toml
	chown dev: /home/dev/.config/ssh-mcp/config.toml
	client env SSH_MCP_PASSWORD="$CREDENTIAL" \
		node "$PROGRAMS/mcp.mjs" run-command '{"command":"id -un"}' "$NODE_BIN/ssh-mcp"
}
ssh_mcp_key() { ssh_mcp_any 22 key "keyRef = \"$KEY\""; }
ssh_mcp_password() { ssh_mcp_any 2222 password; }

ssh_manager_any() { # VARIABLE=VALUE...
	client env SSH_SERVER_WEB_HOST="$HOST" SSH_SERVER_WEB_USER="$AGENT" "$@" \
		node "$PROGRAMS/mcp.mjs" ssh_execute '{"server":"web","command":"id -un"}' "$NODE_BIN/mcp-ssh-manager"
}
ssh_manager_key() { ssh_manager_any SSH_SERVER_WEB_KEYPATH="$KEY"; }
ssh_manager_password() { ssh_manager_any SSH_SERVER_WEB_PORT=2222 SSH_SERVER_WEB_PASSWORD="$CREDENTIAL"; }
