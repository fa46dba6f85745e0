/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_record.c: the record of a session, and whose it is. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "common/verify/verdict.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

static struct aa_session *load(const struct fixture *f, const char *id)
{
	struct aa_session *session = NULL;

	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), id, &session), 0);
	return session;
}

/* ---- the record -------------------------------------------------------------------- */

TEST(a_record_holds_what_was_decided, session)
{
	struct fixture *f = *state;
	struct aa_session *made = created(f), *s = load(f, made->id);
	struct stat st;
	char name[64];

	assert_string_equal(s->agent, "builder-7");
	assert_int_equal(s->uid, SITE_UID);
	assert_string_equal(s->service, "sshd");
	assert_string_equal(s->rhost, "10.1.2.3");
	assert_int_equal(s->kind, AA_KIND_ASSERTION);
	assert_int_equal(s->roles.n, 2);
	assert_string_equal(s->kid, "k1");
	assert_null(s->issuer);
	assert_null(s->on_behalf_of);
	assert_int_equal(s->created, f->now);
	assert_int_equal(s->opened, 0);
	assert_int_equal(s->deadline, f->now + 3600);
	assert_int_equal(s->creator.pid, getpid());
	assert_int_equal(s->parent.pid, getppid());
	assert_int_equal(s->audit_session, UINT32_MAX);
	snprintf(name, sizeof(name), "sessions/%s.json", s->id);
	assert_int_equal(stat(support_path(f->site->rundir, name), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(support_path(f->site->rundir, "sessions"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	aa_session_free(s);
	aa_session_free(made);
}

TEST(ids_are_random_and_of_one_form, session)
{
	static const char *const bad[] = {"",
					  "0123456789abcdef0123456789abcde",
					  "0123456789abcdef0123456789abcdef0",
					  "0123456789ABCDEF0123456789abcdef",
					  "../../../../../../../etc/passwd/",
					  "0123456789abcdef0123456789abcde/",
					  "0123456789abcdef0123456789abcde\n"};
	struct fixture *f = *state;
	struct aa_session *a = created(f), *b = created(f), *none = NULL;

	assert_true(aa_session_id_is_valid(a->id) && aa_session_id_is_valid(b->id));
	assert_string_not_equal(a->id, b->id);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(aa_session_id_is_valid(bad[i]));
		assert_int_equal(aa_session_load(f->site->rundir, geteuid(), bad[i], &none), -EINVAL);
	}
	assert_int_equal(
	    aa_session_load(f->site->rundir, geteuid(), "0123456789abcdef0123456789abcdef", &none), -ENOENT);
	assert_null(none);
	aa_session_free(a);
	aa_session_free(b);
}

TEST(a_record_that_cannot_be_believed_is_no_session, session)
{
	static const char *const texts[] = {"", "{}", "[]", "x"};
	struct fixture *f = *state;
	struct aa_session *a = created(f), *b = created(f), *none = NULL;
	char name[64], path[512], *good, *others;
	size_t len, n;

	snprintf(name, sizeof(name), "sessions/%s.json", a->id);
	snprintf(path, sizeof(path), "%s", support_path(f->site->rundir, name));
	good = support_read_file(path, &len);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		support_write_file(path, texts[i], strlen(texts[i]));
		assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	}
	support_write_file(path, good, len - 1);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	/* another session's record under this name */
	snprintf(name, sizeof(name), "sessions/%s.json", b->id);
	others = support_read_file(support_path(f->site->rundir, name), &n);
	support_write_file(path, others, n);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	support_write_file(path, good, len);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(support_path(f->site->rundir, name), path), 0);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -ELOOP);
	assert_int_equal(unlink(path), 0);
	support_write_file(path, good, len);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), 0);
	aa_session_free(none);
	free(good);
	free(others);
	aa_session_free(a);
	aa_session_free(b);
}

/* ---- when it is over ----------------------------------------------------------------- */

TEST(a_session_is_over_by_its_deadline_or_since_its_account_is_no_agent_any_more, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	s->deadline = 0;
	assert_false(aa_session_is_past(s, INT64_MAX));
	assert_int_equal(aa_session_over(s, INT64_MAX, true), AA_OK);
	assert_int_equal(aa_session_over(s, INT64_MAX, false), AA_AGENT_UNKNOWN);
	s->deadline = f->now + 1;
	assert_int_equal(aa_session_over(s, f->now, true), AA_OK);
	assert_int_equal(aa_session_over(s, f->now, false), AA_AGENT_UNKNOWN);
	assert_int_equal(aa_session_over(s, f->now + 1, true), AA_SESSION_EXPIRED);
	assert_int_equal(aa_session_over(s, f->now + 1, false), AA_SESSION_EXPIRED);
	aa_session_free(s);
}

/* ---- whose it is ---------------------------------------------------------------------- */

TEST(a_pending_record_is_its_makers, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_false(aa_session_is_mine(s, "other-1", f->now));
	assert_true(aa_session_is_mine(s, "builder-7", f->now + AA_SESSION_PENDING_MAX));
	assert_false(aa_session_is_mine(s, "builder-7", f->now + AA_SESSION_PENDING_MAX + 1));
	assert_false(aa_session_is_mine(s, "builder-7", f->now - 1));
	assert_false(aa_session_is_live(s));
	/* a child of the maker, and a process beside it, are neither the maker nor its parent */
	assert_int_equal(IN_CHILD(aa_session_is_mine(s, "builder-7", f->now)), false);
	aa_session_free(s);
}

/* What sshd's child makes, sshd takes over: the parent, and no other. */
TEST(a_pending_record_is_its_makers_parents_too, session)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;
	char id[AA_SESSION_ID_SIZE] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
	    IN_CHILD(create(f, &s) == AA_OK && write(ends[1], s->id, sizeof(id)) == sizeof(id) ? 0 : 1), 0);
	assert_int_equal(read(ends[0], id, sizeof(id)), sizeof(id));
	s = load(f, id);
	assert_int_not_equal(s->creator.pid, getpid());
	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_int_equal(IN_CHILD(aa_session_is_mine(s, "builder-7", f->now)), false);
	/* the same pid with another start time is another process */
	s->parent.start++;
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
	close(ends[0]);
	close(ends[1]);
}

/* The record as another boot would have left it. */
static struct aa_session *of_another_boot(struct fixture *f, struct aa_session *s)
{
	char name[64], id[AA_SESSION_ID_SIZE];
	char *text;

	assert_int_equal(
	    json_object_set_new(s->json, "boot_id", json_string("00000000-0000-0000-0000-000000000000")), 0);
	text = json_dumps(s->json, JSON_COMPACT);
	memcpy(id, s->id, sizeof(id));
	snprintf(name, sizeof(name), "sessions/%s.json", id);
	support_write_file(support_path(f->site->rundir, name), text, strlen(text));
	assert_int_equal(chmod(support_path(f->site->rundir, name), 0600), 0);
	free(text);
	aa_session_free(s);
	return load(f, id);
}

TEST(a_record_of_another_boot_is_nobodys, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	s = of_another_boot(f, s);
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
	s = created(f);
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_true(aa_session_is_live(s));
	s = of_another_boot(f, s);
	assert_false(aa_session_is_live(s));
	aa_session_free(s);
}

TEST(an_open_record_is_taken_over_by_nobody, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
}
