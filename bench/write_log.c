/* SPDX-License-Identifier: Apache-2.0 */
/* write_log.c: writes an audit log of any length, as a host with fifty agents would in months: chained, in files as
 * logrotate leaves them, and with its audit.head.
 *
 * Usage: write_log DIR LINES LINES-OF-A-FILE. The files are DIR/audit.jsonl-000, -001, …, and the last is audit.jsonl. The
 * lines are the same in each run: two seconds lie between each two, from 2026-01-01 on. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/text/utc.h"

#define BEGIN 1767225600 /* 2026-01-01 */
#define STEP 2		 /* seconds between lines */
#define AGENTS 50
#define LINE_MAX 1024

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

/* A visit is a login with what follows from it: eight lines. Visits of several agents at a time run side by side. */
struct visit {
	uint64_t number;
	unsigned agent, step;
	bool refused;
};

static struct visit visit_of(uint64_t seq)
{
	uint64_t of_eight = (seq - 1) / 64 * 8 + (seq - 1) % 8;

	return (struct visit){.number = of_eight,
			      .agent = (unsigned)(mix(of_eight) % AGENTS),
			      .step = (unsigned)((seq - 1) / 8 % 8),
			      .refused = mix(of_eight) % 4099 < 40};
}

static int print_members(char *to, size_t room, const struct visit *v)
{
	static const char *const steps[] = {"auth", "account", "session-open", "sudo-asked",
					    "sudo", "sudo",    "sudo-exit",    "session-close"};
	const char *event = steps[v->step];
	uint64_t a = mix(v->number + 1), b = mix(a);
	int n = snprintf(
	    to, room,
	    "\"event\":\"%s\",\"service\":\"%s\",\"agent\":\"bot-%u\",\"uid\":%u,\"rhost\":\"10.0.%u.%u\","
	    "\"result\":\"%s\",\"reason\":\"%s\",\"kind\":\"delegated token\",\"issuer\":\"corp\","
	    "\"kid\":\"release-2026-%02u\",\"jti\":\"%016" PRIx64 "-%016" PRIx64 "\",",
	    event, strncmp(event, "sudo", 4) == 0 ? "sudo" : "sshd", v->agent, 70000 + v->agent, v->agent,
	    (unsigned)(a % 250), v->refused ? "denied" : "ok", v->refused ? "expired" : "ok",
	    (unsigned)(a % 12), a, b);

	if (!v->refused)
		n += snprintf(to + n, room - (size_t)n, "\"session\":\"%016" PRIx64 "%016" PRIx64 "\",", b,
			      mix(b));
	n += snprintf(
	    to + n, room - (size_t)n,
	    "\"roles\":[\"deploy\"],\"on_behalf_of\":\"user%u@example.com\",\"task\":\"release %" PRIu64 "\"",
	    (unsigned)(a % 300), v->number / 7);
	if (strncmp(event, "sudo", 4) == 0)
		n += snprintf(to + n, room - (size_t)n,
			      ",\"command\":\"/usr/bin/systemctl restart app-%u.service\",\"runas\":\"root\"",
			      (unsigned)(b % 40));
	return n + snprintf(to + n, room - (size_t)n, ",\"micros\":%u}", (unsigned)(b % 900) + 80);
}

static size_t print_line(char line[LINE_MAX], uint64_t seq, const char *prev)
{
	struct visit v = visit_of(seq);
	char when[AA_UTC_SIZE];
	int n;

	aa_utc_print(BEGIN + (int64_t)seq * STEP, when);
	n = snprintf(line, LINE_MAX,
		     "{\"time\":\"%.19s.%06uZ\",\"seq\":%" PRIu64
		     ",\"prev\":\"%s\",\"host\":\"web01.example.com\",",
		     when, (unsigned)(mix(seq) % 1000000), seq, prev);
	return (size_t)(n + print_members(line + n, LINE_MAX - (size_t)n, &v));
}

static FILE *next_file(const char *dir, uint64_t number, bool last)
{
	char path[4096];

	if (last)
		(void)snprintf(path, sizeof(path), "%s/audit.jsonl", dir);
	else
		(void)snprintf(path, sizeof(path), "%s/audit.jsonl-%03" PRIu64, dir, number);
	return fopen(path, "we");
}

static bool write_head(const char *dir, uint64_t seq, const char *hash, long size)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/audit.head", dir);
	f = fopen(path, "we");
	if (!f)
		return false;
	fprintf(f, "%020" PRIu64 " %s %020ld\n", seq, hash, size);
	return fclose(f) == 0;
}

int main(int argc, char **argv)
{
	char line[LINE_MAX],
	    hash[AA_SHA256_HEX_SIZE] = "0000000000000000000000000000000000000000000000000000000000000000";
	uint64_t lines = argc == 4 ? strtoull(argv[2], NULL, 10) : 0,
		 each = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	FILE *f = NULL;
	long size = 0;

	if (!lines || !each)
		return fputs("usage: write_log DIR LINES LINES-OF-A-FILE\n", stderr), 2;
	(void)umask(077);
	for (uint64_t seq = 1; seq <= lines; seq++) {
		size_t len = print_line(line, seq, hash);

		if ((seq - 1) % each == 0) {
			if (f && fclose(f) != 0)
				return 1;
			f = next_file(argv[1], (seq - 1) / each, seq + each > lines);
			size = 0;
		}
		if (!f || aa_sha256_hex(hash, line, len) < 0)
			return 1;
		line[len++] = '\n';
		if (fwrite(line, 1, len, f) != len)
			return 1;
		size += (long)len;
	}
	return fclose(f) == 0 && write_head(argv[1], lines, hash, size) ? 0 : 1;
}
