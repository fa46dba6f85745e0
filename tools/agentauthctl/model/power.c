/* SPDX-License-Identifier: Apache-2.0 */
/* power.c: lists the names that carry power on a host, see power.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/model/power.h"

#define EVERY_COMMAND "its members may run every command by sudo"
#define CONTAINERS "its members start containers as root with the host's files in them"
#define MACHINES "its members start machines as root with the host's disks in them"
#define LOGS "its members read every log of the host"
#define FILE_SYSTEMS "its members read and write every file system below its permissions"
#define TYPED "its members read what is typed on the host, passwords included"
#define TRACES "its members load programs into the kernel"
#define NETWORK "its members read what passes through the host's network"
#define POLKIT "polkit's rules take its members for administrators, or decide as it"
#define SYSTEM "a part of the system runs as it"
#define OURS "agentauth itself asks for it"

/* The table has names of groups and system accounts. A * at the end stands for all names that begin so. */
static const struct {
	const char *names, *why;
} powers[] = {
    {"root", "its members read and write much of what is root's"},
    {"wheel", EVERY_COMMAND},
    {"sudo", EVERY_COMMAND},
    {"sudo-rs", EVERY_COMMAND},
    {"sudoers", EVERY_COMMAND},
    {"admin", EVERY_COMMAND},
    {"admins", EVERY_COMMAND},
    {"administrators", EVERY_COMMAND},
    {"domain-admins", EVERY_COMMAND},
    {"google-sudoers", EVERY_COMMAND},
    {"aad-admins", EVERY_COMMAND},
    {"doas", EVERY_COMMAND},
    {"adm", LOGS},
    {"systemd-journal", LOGS},
    {"systemd-*", SYSTEM},
    {"docker", CONTAINERS},
    {"docker-users", CONTAINERS},
    {"dockerroot", CONTAINERS},
    {"containerd", CONTAINERS},
    {"podman", CONTAINERS},
    {"lxd", CONTAINERS},
    {"lxc", CONTAINERS},
    {"incus", CONTAINERS},
    {"incus-admin", CONTAINERS},
    {"microk8s", CONTAINERS},
    {"libvirt", MACHINES},
    {"libvirt-*", MACHINES},
    {"libvirtd", MACHINES},
    {"kvm", "its members start machines, and read the disks of those that run"},
    {"qemu", "its members start machines, and read the disks of those that run"},
    {"vboxusers", MACHINES},
    {"disk", FILE_SYSTEMS},
    {"backup", "its members read what backups read, which is everything"},
    {"operator", FILE_SYSTEMS},
    {"tape", "its members read and write backups"},
    {"shadow", "its members read the hashes of all passwords"},
    {"sssd", SYSTEM},
    {"kmem", "its members read the kernel's memory"},
    {"mem", "its members read the kernel's memory"},
    {"input", TYPED},
    {"uinput", TYPED},
    {"staff", "its members write to /usr/local, from where root runs programs"},
    {"crontab", "its members write what cron runs as root"},
    {"lpadmin", "its members make the printing system, which is root's, run programs"},
    {"netdev", "its members change the host's network"},
    {"wireshark", NETWORK},
    {"pcap", NETWORK},
    {"stapusr", TRACES},
    {"stapsys", TRACES},
    {"stapdev", TRACES},
    {"tracing", TRACES},
    {"mock", "its members run programs as root in a directory of their choice"},
    {"nixbld", "root runs what its members build"},
    {"ssl-cert", "its members read the host's private keys"},
    {"tss", "its members use the keys in the host's security chip"},
    {"polkit", POLKIT},
    {"polkitd", POLKIT},
    {"polkituser", POLKIT},
    {"messagebus", SYSTEM},
    {"dbus", SYSTEM},
    {"sshd", SYSTEM},
    {"nobody", "everything that must have no right runs as it"},
    {"nogroup", "everything that must have no right runs as it"},
    {"agentauth", OURS},
    {"agentauth-*", OURS},
};
#define N_POWERS (sizeof(powers) / sizeof(powers[0]))

static bool is_named(const char *names, const char *name)
{
	size_t len = strcspn(names, "*");

	return strncmp(names, name, len) == 0 && (names[len] == '*' || name[len] == '\0');
}

const char *power_of_name(const char *name)
{
	for (size_t i = 0; i < N_POWERS; i++)
		if (is_named(powers[i].names, name))
			return powers[i].why;
	return NULL;
}

/* Looks for another name of the gid, since that is the same group. */
static const char *power_of_gid(const struct local_names *groups, uint32_t gid)
{
	if (gid == 0)
		return "its gid is 0, root's";
	for (size_t i = 0; i < groups->n; i++)
		if (groups->by_id[i].id == gid && power_of_name(groups->by_id[i].name))
			return power_of_name(groups->by_id[i].name);
	return NULL;
}

static const char *power_by_sudo(const struct host_facts *facts, const char *name,
				 const struct local_name *group)
{
	char by_gid[16];

	snprintf(by_gid, sizeof(by_gid), "%%#%u", group ? group->id : 0);
	if (sudoers_who_has(&facts->sudoers, '%', name) || sudoers_who_has(&facts->sudoers, 0, by_gid))
		return "this host's sudoers give its members commands";
	return NULL;
}

const char *power_of_group(const struct host_facts *facts, const char *name)
{
	const struct local_name *group = local_by_name(&facts->groups, name);
	const char *why = power_of_name(name);

	if (!why && strncmp(name, AA_ROLE_GROUP_PREFIX, strlen(AA_ROLE_GROUP_PREFIX)) == 0)
		why = "its name begins with agent-, as those of roles' groups do";
	if (!why && group)
		why = power_of_gid(&facts->groups, group->id);
	return why ? why : power_by_sudo(facts, name, group);
}
