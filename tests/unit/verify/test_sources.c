/* SPDX-License-Identifier: Apache-2.0 */
/* test_sources.c: networks that an agent or a role may come from, and the names of services. */
#include <config.h>

#include <string.h>

#include "common/text/list.h"
#include "common/verify/policy.h"
#include "common/text/service.h"
#include "common/verify/sources.h"
#include "tests/unit/support/test.h"

static bool admits(const char *network, const char *address)
{
	const char *v[1] = {network};
	const struct aa_list sources = {1, v};

	return aa_sources_admit(&sources, address);
}

TEST(networks_hold_their_addresses_and_no_neighbour)
{
	static const struct {
		const char *network, *inside, *outside;
	} cases[] = {
	    {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
	    {"10.1.2.3", "10.1.2.3", "10.1.2.4"},
	    {"10.1.2.3/32", "10.1.2.3", "10.1.2.2"},
	    {"10.1.2.0/31", "10.1.2.1", "10.1.2.2"},
	    {"192.168.1.128/25", "192.168.1.128", "192.168.1.127"},
	    {"10.9.8.7/8", "10.0.0.1", "9.255.255.255"}, /* bits behind the prefix do not count */
	    {"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
	    {"::/0", "2001:db8::1", "203.0.113.9"},
	    {"::1", "::1", "::2"},
	    {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
	    {"fe80::/10", "fe80::1%eth0", "ff80::1%eth0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(admits(cases[i].network, cases[i].inside));
		assert_false(admits(cases[i].network, cases[i].outside));
	}
}

TEST(a_mapped_address_counts_as_ipv4)
{
	assert_true(admits("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_false(admits("10.0.0.0/8", "::ffff:11.1.2.3"));
	assert_true(admits("::ffff:10.0.0.0/8", "10.1.2.3"));
	/* Only the mapped prefix is one: the old "compatible" form and others like it are IPv6. */
	assert_false(admits("10.0.0.0/8", "::10.1.2.3"));
	assert_false(admits("::/0", "::ffff:10.1.2.3"));
}

TEST(any_of_several_networks_is_enough)
{
	const char *v[] = {"10.0.0.0/8", "::1", "192.0.2.1"};
	const struct aa_list sources = {3, v};

	assert_true(aa_sources_admit(&sources, "::1"));
	assert_true(aa_sources_admit(&sources, "192.0.2.1"));
	assert_false(aa_sources_admit(&sources, "192.0.2.2"));
}

TEST(no_networks_are_everywhere)
{
	static const struct aa_list none = {0, NULL};

	assert_true(aa_sources_admit(&none, "203.0.113.9"));
	assert_true(aa_sources_admit(&none, "host.example.com"));
	assert_true(aa_sources_admit(&none, NULL));
	assert_false(admits("10.0.0.0/8", NULL));
}

TEST(what_is_no_address_lies_in_no_network)
{
	static const char *const bad[] = {"",		"host.example.com", "10.1.2",	  "10.1.2.3.4",
					  " 10.1.2.3",	"10.1.2.3 ",	    "10.1.2.3/8", "010.1.2.3",
					  "0x0a010203", "UNKNOWN",	    "10.1.2.3\n"};

	assert_true(admits("0.0.0.0/0", "10.1.2.3"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(admits("0.0.0.0/0", bad[i]));
		assert_false(admits("::/0", bad[i]));
	}
}

TEST(what_is_no_network_holds_nothing)
{
	static const char *const bad[] = {
	    "10.0.0.0/",   "10.0.0.0/33", "10.0.0.0/-8",	"10.0.0.0/+8", "10.0.0.0/ 8",
	    "10.0.0.0/8x", "10.0.0.0/8/", "10.0.0.0/0008",	"/8",	       "",
	    "10.0.0/8",	   "*",		  "::ffff:10.0.0.0/104"};

	assert_true(admits("10.0.0.0/8", "10.0.0.1"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(admits(bad[i], "10.0.0.1"));
	assert_false(admits("::/129", "::1"));
}

static bool can_meet(const char *one, const char *other)
{
	const char *v[1] = {one}, *w[1] = {other};
	const struct aa_list a = {1, v}, b = {1, w};

	return aa_sources_meet(&a, &b) && aa_sources_meet(&b, &a);
}

TEST(lists_meet_where_a_network_of_one_lies_in_one_of_the_other)
{
	const char *several[2] = {"192.0.2.0/24", "10.1.0.0/16"}, *one[1] = {"10.0.0.0/8"};
	const struct aa_list nothing = {0, NULL}, a = {2, several}, b = {1, one};

	assert_true(can_meet("10.0.0.0/8", "10.255.255.255"));
	assert_false(can_meet("10.0.0.0/8", "11.0.0.0/8"));
	assert_true(can_meet("2001:db8::/32", "2001:db8:1::/48"));
	assert_false(can_meet("2001:db8::/32", "10.0.0.0/8"));
	assert_true(can_meet("0.0.0.0/0", "192.0.2.1"));
	assert_false(can_meet("0.0.0.0/0", "::1"));
	assert_true(aa_sources_meet(&a, &b));
	assert_true(aa_sources_meet(&nothing, &b));
	assert_true(aa_sources_meet(&a, &nothing));
}

TEST(login_shells_of_a_service_count_as_the_service)
{
	assert_string_equal(aa_service_canonical("sudo-i"), "sudo");
	assert_string_equal(aa_service_canonical("su-l"), "su");
	assert_string_equal(aa_service_canonical("runuser-l"), "runuser");
	assert_string_equal(aa_service_canonical("sshd"), "sshd");
	assert_string_equal(aa_service_canonical("sudo-x"), "sudo-x");
	assert_string_equal(aa_service_canonical(""), "");
}
