/* SPDX-License-Identifier: Apache-2.0 */
/* test_id_overlaps.c: what else gives out the ids of agents, each beside one that differs in a number. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/names/id_overlaps.h"

static const struct id_range usual = {AA_UID_MIN_DEFAULT, AA_UID_MAX_DEFAULT, AA_GID_AGENTS_DEFAULT},
			     former = {AA_UID_MIN_FORMER, AA_UID_MAX_FORMER, AA_UID_MAX_FORMER};

static void note(void *data, const char *what)
{
	buffer_printf(data, "%s\n", what);
}

static size_t look(const struct house *h, const struct id_range *range, struct buffer *ret, char **ret_cure)
{
	struct problems problems = {0};
	struct host_facts facts = {0};
	size_t n;

	assert_int_equal(host_facts_read(&facts, h->etc, &problems), 0);
	n = id_overlaps_find(range, &facts, h->etc, note, ret);
	*ret_cure = id_overlaps_cure(&facts, h->etc);
	host_facts_free(&facts);
	problems_free(&problems);
	return n;
}

/* One overlap, with these words, and this to be written instead. */
static void overlaps(void **state, const struct id_range *range, const char *words, const char *cure_words)
{
	struct buffer what = {0};
	char *cure;

	if (look(*state, range, &what, &cure) == 0 || !strstr(what.data, words))
		fail_msg("\"%s\" lacks \"%s\"", what.len ? what.data : "", words);
	if (!cure || !strstr(cure, cure_words))
		fail_msg("\"%s\" lacks \"%s\"", cure ? cure : "", cure_words);
	buffer_free(&what);
	free(cure);
}

static void is_free(void **state)
{
	struct buffer what = {0};
	char *cure;

	if (look(*state, &usual, &what, &cure) != 0)
		fail_msg("%s", what.data);
	assert_string_equal(cure, "uid_min = 70000; uid_max = 98999; gid = 99999;");
	buffer_free(&what);
	free(cure);
}

/* The house's own files without those of the range. */
static void begin(const struct house *h)
{
	house_write(
	    h, "etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nalice:x:65999:65999::/:/bin/sh\nbob:x:100000:100000::/:/bin/sh\n");
	house_write(h, "etc/group", "root:x:0:\nalice:x:65999:\nbob:x:100000:\n");
}

TEST(subordinate_ids_that_overlap_are_named, house)
{
	begin(*state);
	house_write(*state, "etc/subuid",
		    "# bot:70000:1\nalice:100000:65536\nbob:165536:65536\ncarol:60000:10000\n");
	is_free(state);
	house_write(*state, "etc/subuid", "alice:100000:65536\nbob:90000:65536\n");
	overlaps(state, &usual, "gives bob the ids 90000 to 155535", "uid_min = 66000");
	house_write(*state, "etc/subuid", "carol:60000:10001\n");
	overlaps(state, &usual, "gives carol the ids 60000 to 70000", "uid_min = 601000000");
	house_write(*state, "etc/subuid", "");
	house_write(*state, "etc/subgid", "bob:99999:1\n");
	overlaps(state, &usual, "etc/subgid gives bob", "uid_min = 66000");
}

TEST(what_useradd_gives_out_is_named_where_it_overlaps, house)
{
	begin(*state);
	house_write(*state, "etc/login.defs",
		    "UID_MIN 1000\nUID_MAX\t\t60000 # people\n#UID_MAX 200000\nSUB_UID_MIN 100000\n");
	is_free(state);
	house_write(*state, "etc/login.defs", "UID_MIN 1000\nUID_MAX\t\t200000\n");
	overlaps(state, &usual, "useradd gives people uids from 1000 to 200000", "uid_min = 601000000");
	house_write(*state, "etc/login.defs", "SUB_UID_MIN 65536\n");
	overlaps(state, &usual, "containers uids from 65536 to 600100000", "uid_min = 601000000");
	house_write(*state, "etc/login.defs", "SYS_GID_MAX 99000\n");
	overlaps(state, &usual, "system groups gids from 101 to 99000", "uid_min = 601000000");
}

TEST(what_directories_are_mapped_to_is_named_where_it_overlaps, house)
{
	begin(*state);
	house_make_dir(*state, "etc/sssd");
	house_make_dir(*state, "etc/sssd/conf.d");
	house_make_dir(*state, "etc/samba");
	house_write(*state, "etc/sssd/sssd.conf", "[domain/a]\nid_provider = ad\n");
	is_free(state);
	overlaps(state, &former, "SSSD maps the directory's accounts to the ids 200000 to 2000200000",
		 "uid_min = 70000");
	house_write(*state, "etc/sssd/conf.d/range.conf", "[domain/a]\nldap_idmap_range_min=65536\n");
	overlaps(state, &usual, "SSSD maps the directory's accounts to the ids 65536 to",
		 "uid_min = 2001000000");
	house_write(*state, "etc/sssd/sssd.conf", "[domain/a]\nid_provider = ldap\n");
	is_free(state);
	house_write(*state, "etc/sssd/sssd.conf", "[domain/a]\nid_provider = ldap\nldap_id_mapping = True\n");
	overlaps(state, &usual, "SSSD maps", "uid_min = 2001000000");
	house_remove(*state, "etc/sssd/conf.d/range.conf");
	is_free(state);
	house_write(*state, "etc/samba/smb.conf", "[global]\n\tidmap config * : range = 3000-7999\n");
	is_free(state);
	house_write(*state, "etc/samba/smb.conf", "[global]\n\tidmap config * : range = 10000 - 79999\n");
	overlaps(state, &usual, "winbind maps accounts to the ids 10000 to 79999", "uid_min = 2001000000");
}

TEST(accounts_that_are_there_are_named, house)
{
	begin(*state);
	is_free(state);
	house_write(*state, "etc/passwd",
		    "root:x:0:0::/:/bin/sh\nalice:x:70000:1::/:/bin/sh\nbob:x:98999:1::/:/bin/sh\n");
	overlaps(state, &usual, "2 accounts of this host are there already: alice (70000), bob (98999)",
		 "uid_min = 66000");
	begin(*state);
	house_write(*state, "etc/group", "ops:x:99000:\n");
	overlaps(state, &usual, "1 group of this host is there already: ops (99000)", "uid_min = 66000");
}
