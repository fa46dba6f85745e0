/* SPDX-License-Identifier: Apache-2.0 */
/* bench_verify.c: what it costs to decide on a credential. Prints lines "WHAT KIND MEDIAN P99"; bench/verify.sh makes rows of
 * them, beside what each is held against. Times are nanoseconds of rounds in which ours and the peer take turns, so that a busy
 * machine is one for both.
 *
 *   algorithms  for each algorithm: ours (a JWK's JSON loaded, a token parsed, its signature checked), and EVP_DigestVerify
 *               with a key that was used before ("openssl"), and with one that was not ("first")
 *   memory      the most that one aa_verify() has allocated, and the same signature by OpenSSL alone
 *   process BENCHDIR MODULE [PASSWORD-OF-BOB]
 *               a new process each: PAM with our module, OpenSSL alone with the libraries that the module has, and pam_unix
 */
#include <config.h>

#include <errno.h>
#include <malloc.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "common/jose/base64url.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/offered.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"

#define ROUNDS 41
#define CALLS 25
#define PROCESSES 101

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench_verify: %s failed\n", what);
		exit(1);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints the median and the 99th percentile. */
static void print_times(const char *what, const char *kind, double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	printf("%s %s %.0f %.0f\n", what, kind, v[n / 2], v[n - 1 - n / 100]);
}

/* ---- one algorithm ------------------------------------------------------------ */

struct subject {
	char *jwk, *token; /* JSON; compact */
	struct aa_jws *jws;
	EVP_PKEY *pkey;
	unsigned char der[256]; /* an ECDSA signature as OpenSSL wants it */
	const unsigned char *signature;
	size_t signature_len;
};

static void ours(const struct subject *s)
{
	json_t *json = json_loads(s->jwk, 0, NULL);
	struct aa_key *key = NULL;
	struct aa_jws *jws = NULL;

	need(json && aa_key_from_jwk(json, &key) == AA_JOSE_OK, "loading a key");
	need(aa_jws_parse(s->token, strlen(s->token), AA_JWS_MAX, &jws) == AA_JOSE_OK, "parsing");
	need(aa_jws_verify(jws, key) == AA_JOSE_OK, "verifying");
	aa_jws_free(jws);
	aa_key_free(key);
	json_decref(json);
}

static void openssl_alone(const struct subject *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *parameters = NULL;
	bool pss = s->jws->alg >= AA_ALG_PS256 && s->jws->alg <= AA_ALG_PS512;

	need(ctx && EVP_DigestVerifyInit(ctx, &parameters, aa_alg_md(s->jws->alg), NULL, s->pkey) == 1,
	     "OpenSSL");
	if (pss)
		need(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0 &&
			 EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) > 0,
		     "PSS");
	need(EVP_DigestVerify(ctx, s->signature, s->signature_len, (const unsigned char *)s->jws->input,
			      s->jws->input_len) == 1,
	     "EVP_DigestVerify");
	EVP_MD_CTX_free(ctx);
}

/* JOSE writes r and s side by side (RFC 7518 section 3.4), OpenSSL in ASN.1. The length. */
static size_t as_der(const struct aa_jws *jws, unsigned char *ret)
{
	int half = (int)jws->signature_len / 2, len;
	ECDSA_SIG *sig = ECDSA_SIG_new();

	need(sig && ECDSA_SIG_set0(sig, BN_bin2bn(jws->signature, half, NULL),
				   BN_bin2bn(jws->signature + half, half, NULL)),
	     "ECDSA_SIG");
	len = i2d_ECDSA_SIG(sig, &ret);
	ECDSA_SIG_free(sig);
	need(len > 0, "ECDSA_SIG");
	return (size_t)len;
}

static void subject_make(struct subject *s, enum aa_alg alg)
{
	const struct aa_private_key *key = support_key(alg, 0);
	json_t *jwk = aa_key_to_jwk(aa_private_key_public(key));

	s->jwk = json_dumps(jwk, JSON_COMPACT);
	s->token = support_sign(support_token_claims(1800000000), alg, key, "k", "at+jwt");
	need(aa_jws_parse(s->token, strlen(s->token), AA_JWS_MAX, &s->jws) == AA_JOSE_OK, "parsing");
	s->pkey = aa_private_key_pkey(key);
	s->signature = s->jws->signature;
	s->signature_len = s->jws->signature_len;
	if (alg >= AA_ALG_ES256 && alg <= AA_ALG_ES512) {
		s->signature_len = as_der(s->jws, s->der);
		s->signature = s->der;
	}
	json_decref(jwk);
}

static void subject_clear(struct subject *s)
{
	aa_jws_free(s->jws);
	free(s->token);
	free(s->jwk);
}

static double time_of(void (*what)(const struct subject *), const struct subject *s)
{
	double began = now_ns();

	for (int i = 0; i < CALLS; i++)
		what(s);
	return (now_ns() - began) / CALLS;
}

/* The same on keys that were loaded, which is not counted, and not used before: OpenSSL prepares a modulus then. */
static double first_use(const struct subject *s)
{
	struct aa_key *keys[CALLS];
	struct subject fresh = *s;
	json_t *json = json_loads(s->jwk, 0, NULL);
	double began;

	for (int i = 0; i < CALLS; i++)
		need(aa_key_from_jwk(json, &keys[i]) == AA_JOSE_OK, "loading a key");
	began = now_ns();
	for (int i = 0; i < CALLS; i++) {
		fresh.pkey = aa_key_pkey(keys[i]);
		openssl_alone(&fresh);
	}
	began = (now_ns() - began) / CALLS;
	for (int i = 0; i < CALLS; i++)
		aa_key_free(keys[i]);
	json_decref(json);
	return began;
}

static void measure_algorithm(enum aa_alg alg)
{
	double mine[ROUNDS], theirs[ROUNDS], first[ROUNDS];
	struct subject s = {0};

	subject_make(&s, alg);
	for (int i = 0; i < ROUNDS; i++) {
		mine[i] = time_of(ours, &s);
		theirs[i] = time_of(openssl_alone, &s);
		first[i] = first_use(&s);
	}
	print_times(aa_alg_name(alg), "ours", mine, ROUNDS);
	print_times(aa_alg_name(alg), "openssl", theirs, ROUNDS);
	print_times(aa_alg_name(alg), "first", first, ROUNDS);
	subject_clear(&s);
}

static int measure_algorithms(void)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++)
		measure_algorithm((enum aa_alg)alg);
	return 0;
}

/* ---- memory -------------------------------------------------------------------- */

/* Counts what the program has from malloc(): these stand in front of libc's. */
static size_t in_use, most;
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *old, size_t size);
void free(void *p);

static void *counted(void *p)
{
	in_use += malloc_usable_size(p);
	most = in_use > most ? in_use : most;
	return p;
}

void *malloc(size_t size)
{
	return counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return counted(__libc_calloc(n, size));
}

void *realloc(void *old, size_t size)
{
	in_use -= malloc_usable_size(old);
	return counted(__libc_realloc(old, size));
}

void free(void *p)
{
	in_use -= malloc_usable_size(p);
	__libc_free(p);
}

static size_t peak_of_openssl(const char *pem, const struct subject *s)
{
	struct aa_key *key = NULL;
	struct subject alone = *s;
	size_t before = in_use;

	most = in_use;
	need(aa_key_from_pem(pem, strlen(pem), &key) == AA_JOSE_OK, "loading a key");
	alone.pkey = aa_key_pkey(key);
	openssl_alone(&alone);
	aa_key_free(key);
	return most - before;
}

static size_t peak_of_ours(struct support_site *site, const struct aa_login *login, const char *token)
{
	struct aa_policy *policy;
	struct aa_agent *agent;
	struct aa_verdict verdict = {0};
	size_t before = in_use;

	most = in_use;
	policy = support_policy(site);
	agent = support_agent(policy, "builder-7");
	aa_verify(policy, agent, login, token, strlen(token), &verdict);
	need(verdict.reason == AA_OK, "aa_verify()");
	aa_verdict_clear(&verdict);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return most - before;
}

/* The largest token that a login takes: the one that costs most. */
static char *large_token(int64_t now)
{
	json_t *claims = support_token_claims(now);
	char fill[11000];

	memset(fill, 'x', sizeof(fill) - 1);
	fill[sizeof(fill) - 1] = '\0';
	json_object_set_new(claims, "fill", json_string(fill));
	return support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt");
}

static int measure_memory(void)
{
	int64_t now = 1800000000;
	struct support_site *site = support_site_new(now);
	struct aa_login login = support_login(site, now);
	char *token = large_token(now), *pem = NULL;
	struct subject s = {0};
	size_t alone = 0, mine = 0;

	subject_make(&s, AA_ALG_RS256);
	need(aa_key_to_pem(aa_private_key_public(support_key(AA_ALG_RS256, 0)), &pem) == AA_JOSE_OK,
	     "writing a key");
	for (int i = 0; i < 2; i++) { /* the first ones pay for what is made once */
		alone = peak_of_openssl(pem, &s);
		mine = peak_of_ours(site, &login, token);
	}
	printf("memory ours %zu\nmemory openssl %zu\n", mine, alone);
	free(pem);
	free(token);
	subject_clear(&s);
	support_site_free(site);
	return 0;
}

/* ---- a process ----------------------------------------------------------------- */

static double run(const char *const *argv)
{
	char *envp[] = {NULL};
	double began = now_ns();
	int status = -1;
	pid_t pid;

	need(posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, envp) == 0, argv[0]);
	need(waitpid(pid, &status, 0) == pid && status == 0, argv[0]);
	return now_ns() - began;
}

static void write_service(const char *path, const char *auth, const char *arguments)
{
	char text[2048];

	snprintf(text, sizeof(text), "auth required %s %s\naccount required %s %s\n", auth, arguments, auth,
		 arguments);
	support_write_file(path, text, strlen(text));
}

static void openssl_files(struct support_site *site, const char *const names[3])
{
	const struct aa_private_key *key = support_key(AA_ALG_ES256, 0);
	char *pem = NULL, *token = support_assertion(time(NULL)), *dot = strrchr(token, '.');
	unsigned char der[256];
	size_t der_len;

	(void)site;
	*dot = '\0';
	need(aa_key_to_pem(aa_private_key_public(key), &pem) == AA_JOSE_OK, "writing a key");
	der_len = support_ecdsa_der(token, key, der, sizeof(der));
	support_write_file(names[0], pem, strlen(pem));
	support_write_file(names[1], token, strlen(token));
	support_write_file(names[2], der, der_len);
	free(pem);
	free(token);
}

static int measure_process(const char *benchdir, const char *module, const char *password)
{
	struct support_site *site = support_site_new(time(NULL));
	char pam[512], openssl[512], arguments[1024];
	const char *files[3] = {support_path(site->dir, "key"), support_path(site->dir, "message"),
				support_path(site->dir, "signature")};
	double ours_ns[PROCESSES], openssl_ns[PROCESSES], unix_ns[PROCESSES];

	snprintf(pam, sizeof(pam), "%s/bench_pam", benchdir);
	snprintf(openssl, sizeof(openssl), "%s/bench_openssl", benchdir);
	snprintf(arguments, sizeof(arguments), "statedir=%s rundir=%s logdir=%s", site->statedir,
		 site->rundir, site->logdir);
	write_service(support_path(site->dir, "sshd"), module, arguments);
	write_service(support_path(site->dir, "unix"), "pam_unix.so", "");
	openssl_files(site, files);
	for (int i = 0; i < PROCESSES; i++) {
		char *token = support_assertion(time(NULL));

		ours_ns[i] = run((const char *[]){pam, site->dir, "sshd", "builder-7", token, NULL});
		openssl_ns[i] = run((const char *[]){openssl, files[0], files[1], files[2], NULL});
		if (password)
			unix_ns[i] = run((const char *[]){pam, site->dir, "unix", "bob", password, NULL});
		free(token);
	}
	print_times("process", "ours", ours_ns, PROCESSES);
	print_times("process", "openssl", openssl_ns, PROCESSES);
	if (password)
		print_times("process", "pam_unix", unix_ns, PROCESSES);
	support_site_free(site);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "algorithms") == 0)
		return measure_algorithms();
	if (argc == 2 && strcmp(argv[1], "memory") == 0)
		return measure_memory();
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "process") == 0)
		return measure_process(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
	fprintf(stderr,
		"usage: bench_verify algorithms | memory | process BENCHDIR MODULE [PASSWORD-OF-BOB]\n");
	return 2;
}
