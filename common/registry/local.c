/* SPDX-License-Identifier: Apache-2.0 */
/* local.c: whether /etc/passwd or /etc/group knows a name or an id, without getpw* (which would ask NSS
 * again). */
#include "common/registry/local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scan reads the file in blocks, and a line may be of any length. */
struct scan {
	const char *name;
	size_t name_len;
	uint32_t id;
	unsigned field;	   /* 0: the name, 2: the id */
	size_t in_field;   /* bytes of this field seen */
	bool name_matches; /* so far */
	bool blank_start;  /* only white space so far in this field */
	bool digits, junk; /* in field 2 */
	uint64_t value;
};

static void begin_field(struct scan *s, unsigned field)
{
	s->field = field;
	s->in_field = 0;
	s->name_matches = true;
	s->blank_start = true;
	s->digits = s->junk = false;
	s->value = 0;
}

/* Says, at the end of a field, whether the field is the one that is looked for. */
static bool field_is_ours(const struct scan *s)
{
	if (s->field == 0)
		return s->name != NULL && s->name_matches && s->in_field == s->name_len;
	return s->field == 2 && s->digits && !s->junk && s->value == s->id;
}

static void take_byte(struct scan *s, char c)
{
	/* libc passes over white space before a name and before a number, and takes a plus sign for one. */
	if (s->blank_start && (c == ' ' || (c >= '\t' && c <= '\r')))
		return;
	if (s->field == 0) {
		s->name_matches = s->name_matches && s->in_field < s->name_len && s->name[s->in_field] == c;
		s->in_field++;
	} else if (s->field == 2) {
		if (c >= '0' && c <= '9') {
			s->digits = true;
			if (s->value <= UINT32_MAX)
				s->value = s->value * 10 + (uint64_t)(c - '0');
		} else if (c != '+' || s->digits) {
			s->junk = true;
		}
	}
	s->blank_start = false;
}

static bool scan_block(struct scan *s, const char *block, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (block[i] != ':' && block[i] != '\n') {
			take_byte(s, block[i]);
			continue;
		}
		if (field_is_ours(s))
			return true;
		begin_field(s, block[i] == '\n' ? 0 : s->field + 1);
	}
	return false;
}

static int scan_fd(int fd, const char *name, uint32_t id, struct aa_stamp *ret_stamp)
{
	struct scan s = {.name = name, .name_len = name ? strlen(name) : 0, .id = id};
	struct stat st;
	char block[4096];
	bool found = false;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG; /* a FIFO would be read for ever */
	begin_field(&s, 0);
	do {
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			found = scan_block(&s, block, (size_t)n);
	} while (!found && (n < 0 || (size_t)n == sizeof(block))); /* less is the end of a regular file */
	/* The stamp is from before the reading: a change meanwhile gives the file another one. */
	*ret_stamp = aa_stamp_of(&st);
	return found || field_is_ours(&s); /* the last line may lack its end */
}

int aa_local_has_stamped(const char *file, const char *name, uint32_t id, struct aa_stamp *ret_stamp)
{
	static const struct aa_stamp absent;
	int saved = errno, fd, r;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0) {
		r = scan_fd(fd, name, id, ret_stamp);
		close(fd);
	} else if (errno == ENOENT) {
		r = 0;
		*ret_stamp = absent;
	} else {
		r = -errno;
	}
	errno = saved;
	return r;
}

int aa_local_has(const char *file, const char *name, uint32_t id)
{
	struct aa_stamp unused;

	return aa_local_has_stamped(file, name, id, &unused);
}
