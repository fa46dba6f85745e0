/* SPDX-License-Identifier: Apache-2.0 */
/* rule_risk.c finds what the sudo rules of roles really allow, see rule_risk.h. */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text/list.h"
#include "common/text/number.h"
#include "common/verify/sudo_rule.h"
#include "tools/agentauthctl/publish/rule_risk.h"

#define WILDCARDS "*?["

/* ---- programs that do more than one thing --------------------------------- */

enum kind {
	OTHER,
	ANYTHING, /* whatever the arguments are */
	STARTS,	  /* where the agent chooses an argument */
	FILES,	  /* as above */
};

#define SHELL "is a shell"
#define INTERPRETER "is an interpreter"
#define EDITOR "is an editor, and starts shells and writes other files"
#define PAGER "is a pager, and starts a shell at a key"
#define CONSOLE "has a command line of its own, which starts shells"
#define RUNS "starts any program that its arguments name"
#define READS "reads or writes any file that its arguments name"

/* Words are parted by blanks. A version may follow each, as in python3.11. */
static const struct {
	enum kind kind;
	const char *what, *programs;
} kinds[] = {
    {ANYTHING, SHELL,
     " sh bash rbash dash ash zsh ksh mksh lksh fish csh tcsh busybox toybox pwsh nu xonsh su runuser login "
     "sudo sudo-rs "
     "doas run0 pkexec newgrp sg script screen tmux byobu dtach abduco expect unbuffer rlwrap chsh "},
    {ANYTHING, INTERPRETER,
     " python pypy perl ruby irb lua luajit php node nodejs deno bun tclsh wish guile gdb lldb R Rscript "
     "octave ghc ghci "
     "ocaml erl escript iex elixir julia ipython jshell jrunscript groovy m4 jq-repl bpftrace stap "},
    {ANYTHING, EDITOR,
     " vi vim vim.basic vim.tiny vim.nox vim.gtk vimdiff view rview rvim ex nvi nvim nano rnano pico emacs "
     "emacsclient "
     "emacs-nox ed red joe jed jmacs jstar mcedit mc micro ne helix hx kak editor sensible-editor "
     "select-editor visudo "
     "vipw vigr sudoedit "},
    {ANYTHING, PAGER,
     " less more most pg pager sensible-pager lesspipe man info pinfo w3m lynx links elinks bat batcat zless "
     "zmore xzless "
     "xzmore bzless bzmore "},
    {ANYTHING, CONSOLE,
     " mysql mariadb psql sqlite sqlite3 ftp sftp lftp telnet mutt neomutt mail mailx virsh nmtui aptitude "
     "dselect top "
     "htop btop atop iotop "},
    {STARTS, RUNS,
     " awk gawk mawk nawk original-awk find fd fdfind xargs parallel env nice ionice chrt taskset timeout "
     "nohup setsid "
     "setarch linux32 linux64 stdbuf time strace ltrace perf watch flock unshare nsenter chroot capsh "
     "setpriv prlimit "
     "systemd-run systemd-nspawn systemctl service invoke-rc.d initctl start-stop-daemon crontab at batch "
     "docker podman "
     "nerdctl buildah ctr crictl kubectl helm lxc lxd incus machinectl ip tc tcpdump tshark tar bsdtar cpio "
     "pax zip "
     "unzip 7z rsync scp ssh sshpass ssh-agent ssh-keygen git hg svn cvs make cmake ninja gcc cc g++ c++ ld "
     "as "
     "apt apt-get apt-cache apt-key dpkg rpm yum dnf zypper pacman snap flatpak pip pipx npm npx yarn pnpm "
     "gem bundle "
     "cargo go composer cpan ansible ansible-playbook puppet chef-client salt-call salt terraform mount "
     "umount "
     "insmod modprobe kexec logrotate run-parts update-alternatives openvpn nmap socat ncat nc netcat "
     "openssl java "
     "entr inotifywait logsave dmsetup cryptsetup lvm debugfs aa-exec busctl dbus-send gdbus "
     "loginctl certbot nginx apache2 httpd exim sendmail postfix uwsgi gunicorn supervisorctl journalctl "},
    {FILES, READS,
     " cat tac head tail nl od xxd hexdump hd strings base32 base64 basenc cp mv ln rm rmdir mkdir mkfifo "
     "mknod install "
     "touch truncate split csplit shred chmod chown chgrp chattr setfacl setcap dd tee sed sort uniq cut "
     "paste join comm "
     "grep egrep fgrep zgrep rg ag diff diff3 sdiff cmp patch fold fmt pr expand unexpand iconv curl wget "
     "aria2c gzip "
     "gunzip zcat bzip2 bzcat xz xzcat zstd zstdcat lz4 file wc sha1sum sha256sum sha512sum md5sum cksum "
     "jq yq xmllint column rev shuf look ar readelf objdump nm getfacl dump restore losetup useradd usermod "
     "userdel "
     "groupadd groupmod groupdel adduser addgroup gpasswd passwd chpasswd chgpasswd chfn pwconv loadkeys "
     "sysctl "},
};

/* stem() returns the length of a name without a version, of "python3.11" that of "python". */
static size_t stem(const char *name)
{
	size_t len = strlen(name);

	while (len > 1 && strchr("0123456789.-", name[len - 1]))
		len--;
	return len;
}

static bool lists(const char *programs, const char *name, size_t len)
{
	char word[64];

	if (len == 0 || len + 3 > sizeof(word))
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)len, name);
	return strstr(programs, word) != NULL;
}

/* before_number() returns the length of "perl" in "perl5.36-x86_64-linux-gnu", and 0 for a name without a number. */
static size_t before_number(const char *name)
{
	size_t len = strcspn(name, "0123456789");

	return name[len] ? len : 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum kind kind_of(const char *path, const char **ret_what)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (lists(kinds[i].programs, name, strlen(name)) ||
		    lists(kinds[i].programs, name, stem(name)) ||
		    (kinds[i].kind == ANYTHING && lists(kinds[i].programs, name, before_number(name)))) {
			*ret_what = kinds[i].what;
			return kinds[i].kind;
		}
	return OTHER;
}

/* ---- one rule -------------------------------------------------------------- */

struct rule {
	char *runas;	       /* the first user of (…) */
	char *path;	       /* without backslashes */
	char *real;	       /* without links; NULL: there is no such file */
	const char *arguments; /* as written; "": there are none, so that any are allowed */
	bool missing;	       /* there is no such file, not even one that cannot be read */
	bool approval;
	uid_t owner, target;
};

/* risk holds the worst that was found, and all of it as the rests of sentences. */
struct risk {
	bool refused;
	struct buffer said;
};

__attribute__((format(printf, 3, 4))) static void say(struct risk *risk, bool refused, const char *format,
						      ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	if (!risk->said.len || !strstr(risk->said.data, text))
		buffer_printf(&risk->said, "%s%s", risk->said.len ? "; " : "", text);
	risk->refused = risk->refused || refused;
	free(text);
}

static char *unescaped(const char *text, size_t len)
{
	char *ret = xmalloc(len + 1), *to = ret;

	for (size_t i = 0; i < len; i++) {
		i += text[i] == '\\' && i + 1 < len;
		*to++ = text[i];
	}
	*to = '\0';
	return ret;
}

static uid_t uid_of(const char *runas)
{
	const struct passwd *pw;
	uint32_t uid = 0;

	if (*runas == '#' && aa_number_id(runas + 1, &uid))
		return uid;
	pw = getpwnam(runas);
	return pw ? pw->pw_uid : 0;
}

/* parse() takes a text that has been checked to be a rule. */
static void parse(const char *text, struct rule *ret)
{
	struct aa_sudo_rule rule = {.runas = "", .path = "/", .path_len = 1, .arguments = ""};

	(void)aa_sudo_rule_parse(text, &rule);
	ret->runas = xstrndup(rule.runas, strcspn(rule.runas, ",:)"));
	ret->path = unescaped(rule.path, rule.path_len);
	ret->real = realpath(ret->path, NULL);
	ret->missing = !ret->real && errno == ENOENT;
	ret->arguments = rule.arguments;
	ret->target = uid_of(ret->runas);
}

static void rule_free(struct rule *rule)
{
	free(rule->runas);
	free(rule->path);
	free(rule->real);
}

/* ---- whether others can change the program --------------------------------- */

static bool is_trusted_owner(const struct rule *rule, uid_t uid)
{
	return uid == 0 || uid == rule->owner || uid == rule->target;
}

/* look_at_place() looks at one file or directory on the way, and returns whether it exists. A directory with the
 * sticky bit keeps what is in it (`has`) from others, unless that does not exist yet. */
static bool look_at_place(const struct rule *rule, const char *path, bool has, struct risk *risk)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	if (S_ISLNK(st.st_mode))
		return true;
	if (!is_trusted_owner(rule, st.st_uid))
		say(risk, true, "%s belongs to uid %u, who can put anything in its place", path,
		    (unsigned)st.st_uid);
	else if ((st.st_mode & S_IWOTH) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) && has))
		say(risk, true, "%s can be written by everybody, who can put anything in its place", path);
	else if ((st.st_mode & S_IWGRP) && st.st_gid != 0 && !(st.st_mode & S_ISVTX))
		say(risk, false,
		    "%s can be written by the group %u, whose members can put anything in its place", path,
		    (unsigned)st.st_gid);
	return true;
}

static void look_at_way(const struct rule *rule, const char *path, struct risk *risk)
{
	char *part = xstrdup(path), *slash;
	bool is_there = look_at_place(rule, part, true, risk);

	while ((slash = strrchr(part, '/')) && slash != part) {
		*slash = '\0';
		is_there = look_at_place(rule, part, is_there, risk);
	}
	free(part);
}

/* The file is looked at by the name that the rule has, and where links lead. */
static void look_at_file(const struct rule *rule, struct risk *risk)
{
	look_at_way(rule, rule->path, risk);
	if (rule->real && strcmp(rule->real, rule->path) != 0)
		look_at_way(rule, rule->real, risk);
	if (rule->missing)
		say(risk, false, "there is no %s on this host; whatever comes to be there may be run",
		    rule->path);
}

/* ---- what it allows -------------------------------------------------------- */

/* filled() returns the arguments with the first * as an agent might fill it. The caller frees. */
static char *filled(const char *arguments, const char *star)
{
	return xasprintf("%.*s /etc/shadow %s", (int)(star - arguments), arguments, star + 1);
}

static bool is_regex(const struct rule *rule)
{
	return rule->arguments[0] == '^';
}

/* is_loose_regex() returns true for an expression that matches a text of any length, which may have blanks and
 * slashes: .* or [^x]+, not [a-z]+. */
static bool is_loose_regex(const char *regex)
{
	for (; *regex; regex++) {
		if (*regex == '\\' && regex[1])
			regex++;
		else if ((*regex == '.' && regex[1] && strchr("*+{", regex[1])) ||
			 (*regex == '[' && regex[1] == '^'))
			return true;
	}
	return false;
}

/* is_open() returns true where the agent has a say in the arguments. */
static bool is_open(const struct rule *rule)
{
	if (is_regex(rule))
		return is_loose_regex(rule->arguments);
	return !rule->arguments[0] || aa_sudo_rule_find_plain(rule->arguments, WILDCARDS);
}

static void look_at_arguments(const struct rule *rule, struct risk *risk)
{
	const char *star = aa_sudo_rule_find_plain(rule->arguments, "*");
	char *example;

	if (is_regex(rule)) {
		if (is_open(rule))
			say(risk, true,
			    "its arguments are a regular expression, in which . and [^…] match blanks and "
			    "slashes too");
	} else if (star) {
		example = filled(rule->arguments, star);
		say(risk, true,
		    "sudo matches arguments as one text, so that * takes blanks and slashes along: it also "
		    "allows %s "
		    "%s",
		    rule->path, example);
		free(example);
	} else if (aa_sudo_rule_find_plain(rule->arguments, WILDCARDS)) {
		say(risk, false,
		    "? and [ in arguments match a blank or a slash as well as any other character");
	} else if (!rule->arguments[0] && !rule->approval) {
		say(risk, false,
		    "it names no arguments, and so allows all; \"\" behind the command allows none");
	}
}

/* Some programs show text at a terminal by a pager, or open an editor. */
static void look_at_words(const struct rule *rule, const char *name, struct risk *risk)
{
	bool pages = strcmp(name, "systemctl") == 0 || strcmp(name, "journalctl") == 0;

	if ((strcmp(name, "systemctl") == 0 && strstr(rule->arguments, "edit")) ||
	    (strcmp(name, "crontab") == 0 && strstr(rule->arguments, "-e")))
		say(risk, true, "%s opens an editor, which starts shells and writes other files", rule->path);
	else if (strcmp(name, "git") == 0)
		say(risk, true,
		    "git starts what the configuration of the repository names, as hooks and pagers");
	else if (pages && !strstr(rule->arguments, "--no-pager") &&
		 (strcmp(name, "journalctl") == 0 || strstr(rule->arguments, "status") ||
		  strstr(rule->arguments, "list") || strstr(rule->arguments, "show") ||
		  strstr(rule->arguments, "cat")))
		say(risk, false, "at a terminal it shows its text in a pager; add --no-pager");
}

static void look_at_program(const struct rule *rule, struct risk *risk)
{
	const char *what = NULL, *path = rule->path;
	enum kind kind = kind_of(path, &what);

	if (kind == OTHER && rule->real) {
		path = rule->real;
		kind = kind_of(path, &what);
	}
	if (kind == ANYTHING || (kind != OTHER && is_open(rule)))
		say(risk, true, "%s %s, as %s", path, what, rule->runas);
	if (kind != ANYTHING)
		look_at_words(rule, base_name(path), risk);
}

static void look_at(const struct rule *rule, struct risk *risk)
{
	size_t len = strlen(rule->path);

	if (rule->path[len - 1] == '/')
		say(risk, true, "it allows every program in %s, with all arguments", rule->path);
	else if (strpbrk(rule->path, WILDCARDS))
		say(risk, true, "its path has a wildcard, and allows programs that nobody named");
	else
		look_at_program(rule, risk);
	look_at_arguments(rule, risk);
	if (rule->approval) /* a person sees the whole command, and decides */
		risk->refused = false;
	if (!strpbrk(rule->path, WILDCARDS))
		look_at_file(rule, risk);
}

/* ---- the rules of all roles ------------------------------------------------- */

struct rules_check {
	const struct model *model;
	bool accept;
	uid_t owner;
	struct problems *problems;
};

static void check_rule(const struct rules_check *check, const char *setting, const char *text, bool approval)
{
	struct rule rule = {.approval = approval, .owner = check->owner};
	struct risk risk = {0};

	parse(text, &rule);
	look_at(&rule, &risk);
	if (risk.refused && !check->accept)
		conf_error(
		    &check->model->file, check->problems, setting,
		    "%s allows more than it says: %s. Name a program that does the one thing, with its "
		    "arguments; if this is meant, say --accept-risk to role add, role set or apply",
		    quoted(text), risk.said.data);
	else if (risk.said.len)
		conf_warning(&check->model->file, check->problems, setting, "%s allows more than it says: %s",
			     quoted(text), risk.said.data);
	rule_free(&rule);
	buffer_free(&risk.said);
}

static void check_rules(const struct rules_check *check, const struct aa_role *role, const char *member,
			const struct aa_list *rules, const struct aa_list *published)
{
	char setting[128];

	for (size_t i = 0; i < rules->n; i++) {
		if (published && aa_list_has(published, rules->v[i]))
			continue;
		snprintf(setting, sizeof(setting), "roles.%s.%s[%zu]", role->name, member, i);
		check_rule(check, setting, rules->v[i], strcmp(member, "approval") == 0);
	}
}

void rule_risks_check(const struct model *model, struct published *published, bool accept, uid_t owner,
		      struct problems *problems)
{
	const struct rules_check check = {model, accept, owner, problems};

	for (size_t i = 0; i < model->roles.n; i++) {
		const struct aa_role *role = &model->roles.v[i];
		struct aa_role *was = published ? published_role(published, role->name) : NULL;

		check_rules(&check, role, "sudo", &role->sudo, was ? &was->sudo : NULL);
		check_rules(&check, role, "approval", &role->approval, was ? &was->approval : NULL);
		aa_role_free(was);
	}
}
