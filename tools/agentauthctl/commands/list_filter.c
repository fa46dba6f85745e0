/* SPDX-License-Identifier: Apache-2.0 */
/* list_filter.c decides which agents `list` shows, see list_filter.h. */
#include "config.h"

#include "tools/agentauthctl/commands/list_filter.h"

#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/chosen.h"

/* ---- what is asked for ------------------------------------------------------------ */

/* `allowed` is "A|B|C". */
static bool is_one_of(const char *allowed, const char *word, struct guess *near, char kept[GUESS_KEPT_SIZE])
{
	size_t len;
	char one[GUESS_KEPT_SIZE];

	for (; *allowed; allowed += len + (allowed[len] == '|')) {
		len = strcspn(allowed, "|");
		(void)snprintf(one, sizeof(one), "%.*s", (int)len, allowed);
		if (strcmp(one, word) == 0)
			return true;
		guess_try_kept(near, one, kept);
	}
	return false;
}

enum ctl_status list_filter_word(struct ctl *ctl, const struct arguments *arguments, const char *option,
				 const char *allowed, const char **ret)
{
	const char *word = arguments_value(arguments, option);
	struct guess near = {.word = word};
	char kept[GUESS_KEPT_SIZE], *said = NULL;
	enum ctl_status status = CTL_DONE;

	*ret = word;
	if (word && !is_one_of(allowed, word, &near, kept)) {
		said = xstrdup(guess_asked(&near, ""));
		status = ctl_usage(ctl, "--%s %s: not one of %s%s", option, quoted(word), allowed, said);
	}
	free(said);
	return status;
}

/* A retired agent has none of what the others are told apart by. */
static enum ctl_status check_retired(struct ctl *ctl, const struct list_filter *f)
{
	if (!f->state || strcmp(f->state, "retired") != 0)
		return CTL_DONE;
	if (f->role || f->owner || f->expiring || f->unused || f->key_older)
		return ctl_usage(ctl,
				 "--state retired goes with no other filter: of a retired agent the name and "
				 "the uid are kept, and no more");
	return CTL_DONE;
}

static enum ctl_status read_expiring(struct ctl *ctl, const char *text, int64_t *ret)
{
	if (!text)
		return CTL_DONE;
	if (!aa_utc_parse_loose(text, ctl->now, ret))
		return ctl_usage(
		    ctl, "--expiring %s: neither a span like 14d, 12h or 30m nor a day like 2027-01-31",
		    quoted(text));
	if (*ret <= ctl->now)
		return ctl_usage(ctl, "--expiring %s is over: --state expired shows whose end has come",
				 quoted(text));
	return CTL_DONE;
}

static enum ctl_status read_past(struct ctl *ctl, const struct arguments *arguments, const char *option,
				 int64_t *ret)
{
	const char *text = arguments_value(arguments, option);

	if (!text)
		return CTL_DONE;
	if (!aa_utc_parse_ago(text, ctl->now, ret) || *ret <= 0)
		return ctl_usage(ctl,
				 "--%s %s: neither a span like 1y, 90d, 12h or 30m nor a day like 2026-01-31",
				 option, quoted(text));
	if (*ret > ctl->now)
		return ctl_usage(ctl, "--%s %s is still to come", option, quoted(text));
	return CTL_DONE;
}

enum ctl_status list_filter_read(struct ctl *ctl, const struct arguments *arguments,
				 struct published *published, struct list_filter *ret)
{
	enum ctl_status status;

	*ret = (struct list_filter){.role = arguments_value(arguments, "role"),
				    .owner = arguments_value(arguments, "owner")};
	ret->near_owner.word = ret->owner ? ret->owner : "";
	status = list_filter_word(ctl, arguments, "state", LIST_STATES, &ret->state);
	if (status == CTL_DONE)
		status = read_expiring(ctl, arguments_value(arguments, "expiring"), &ret->expiring);
	if (status == CTL_DONE)
		status = read_past(ctl, arguments, "unused", &ret->unused);
	if (status == CTL_DONE)
		status = read_past(ctl, arguments, "key-older", &ret->key_older);
	if (status == CTL_DONE)
		status = check_retired(ctl, ret);
	if (status == CTL_DONE && ret->role && !role_is_published(ctl, published, ret->role))
		status = CTL_FAILED;
	return status;
}

/* ---- what fits ---------------------------------------------------------------------- */

static bool fits_owner(struct list_filter *f, const struct aa_agent *agent)
{
	if (!f->owner)
		return true;
	if (is_of_owner(agent, f->owner)) {
		f->of_owner++;
		return true;
	}
	if (agent->owner)
		guess_try_kept(&f->near_owner, agent->owner, f->kept);
	return false;
}

bool list_filter_fits(struct list_filter *f, const struct aa_agent *agent, int64_t now)
{
	if (!fits_owner(f, agent))
		return false;
	if (f->role && !aa_list_has(&agent->roles, f->role))
		return false;
	return !f->expiring || (agent->expires > now && agent->expires <= f->expiring);
}

bool list_filter_fits_row(const struct list_filter *f, const struct list_row *row)
{
	if (f->state && strcmp(f->state, row->state) != 0)
		return false;
	if (f->key_older && (!row->oldest_key || row->oldest_key >= f->key_older))
		return false;
	return !f->unused || row->last_login < f->unused;
}

bool list_filter_is_empty(const struct list_filter *f)
{
	return !f->role && !f->owner && !f->state && !f->expiring && !f->unused && !f->key_older;
}

/* ---- what nothing was found by --------------------------------------------------------- */

static void add_words(struct buffer *words, const char *before, const char *value)
{
	buffer_printf(words, "%s%s%s", words->len ? " and " : "", before, value);
}

static void add_time(struct buffer *words, const char *before, int64_t when)
{
	char text[AA_UTC_SIZE];

	if (!when)
		return;
	aa_utc_print(when, text);
	add_words(words, before, text);
}

char *list_filter_words(const struct list_filter *f)
{
	struct buffer words = {0};

	if (f->role)
		add_words(&words, "has the role ", f->role);
	if (f->owner)
		add_words(&words, "is of the owner ", quoted(f->owner));
	if (f->state)
		add_words(&words, "is in the state ", f->state);
	add_time(&words, "expires by ", f->expiring);
	add_time(&words, "has had no session since ", f->unused);
	add_time(&words, "has a key that was registered before ", f->key_older);
	return buffer_take(&words);
}
