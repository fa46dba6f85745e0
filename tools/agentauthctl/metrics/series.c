/* SPDX-License-Identifier: Apache-2.0 */
/* series.c: keeps and prints the values of metrics. */
#include "config.h"

#include "tools/agentauthctl/metrics/series.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "agentauth_"

static const struct metric {
	const char *type, *name, *help;
} metrics[] = {
#define METRIC(type, name, help) {#type, PREFIX #name, help},
#include "tools/agentauthctl/metrics/metrics.def"
#undef METRIC
};
#define N_METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* ---- keys ---------------------------------------------------------------- */

static void put_label(struct buffer *b, const char *label, const char *value)
{
	buffer_printf(b, "%s%s=\"", b->data[b->len - 1] == '{' ? "" : ",", label);
	for (; *value; value++)
		if (*value == '\n')
			buffer_puts(b, "\\n");
		else
			buffer_printf(b, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	buffer_puts(b, "\"");
}

static char *key_of(const char *metric, va_list labels)
{
	struct buffer b = {0};
	const char *label;

	buffer_printf(&b, PREFIX "%s{", metric);
	while ((label = va_arg(labels, const char *)))
		put_label(&b, label, va_arg(labels, const char *));
	if (b.data[b.len - 1] == '{')
		b.data[--b.len] = '\0';
	else
		buffer_puts(&b, "}");
	return buffer_take(&b);
}

/* ---- values -------------------------------------------------------------- */

static void put(json_t *set, const char *key, int64_t value)
{
	json_t *old = json_object_get(set, key);

	if (old)
		(void)json_integer_set(old, value);
	else if (json_object_size(set) < SERIES_MAX)
		(void)json_object_set_new(set, key, json_integer(value));
}

void series_set(json_t *set, int64_t value, const char *metric, ...)
{
	va_list labels;
	char *key;

	va_start(labels, metric);
	key = key_of(metric, labels);
	va_end(labels);
	put(set, key, value);
	free(key);
}

void series_add(json_t *set, int64_t value, const char *metric, ...)
{
	va_list labels;
	char *key;

	va_start(labels, metric);
	key = key_of(metric, labels);
	va_end(labels);
	put(set, key, json_integer_value(json_object_get(set, key)) + value);
	free(key);
}

/* ---- histograms ---------------------------------------------------------- */

struct bucket {
	int64_t micros;
	const char *le;
};

/* The shortest is below what a decision takes, the longest above what anybody would wait for. */
static const struct bucket quick[] = {{500, "0.0005"},	  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
				      {10000, "0.01"},	  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},
				      {250000, "0.25"},	  {500000, "0.5"},  {1000000, "1"},   {2000000, "2"},
				      {INT64_MAX, "+Inf"}};
static const struct bucket slow_ones[] = {{5000000, "5"},     {15000000, "15"},	  {30000000, "30"},
					  {60000000, "60"},   {120000000, "120"}, {300000000, "300"},
					  {900000000, "900"}, {INT64_MAX, "+Inf"}};

void series_observe(json_t *set, int64_t micros, int64_t n, bool slow, const char *metric, const char *label,
		    const char *value)
{
	const struct bucket *bucket = slow ? slow_ones : quick;
	char *name = xasprintf("%s_bucket", metric), *sum = xasprintf("%s_sum", metric),
	     *count = xasprintf("%s_count", metric);

	for (;; bucket++) {
		series_add(set, micros <= bucket->micros ? n : 0, name, label, value, "le", bucket->le, NULL);
		if (bucket->micros == INT64_MAX)
			break;
	}
	series_add(set, micros * n, sum, label, value, NULL);
	series_add(set, n, count, label, value, NULL);
	free(name);
	free(sum);
	free(count);
}

/* ---- text ---------------------------------------------------------------- */

/* Returns what stands behind the metric's name: its labels, or the part of a histogram. NULL: it is another metric's. */
static const char *rest_of(const char *key, const struct metric *metric)
{
	size_t len = strlen(metric->name);

	if (strncmp(key, metric->name, len) != 0)
		return NULL;
	if (key[len] == '\0' || key[len] == '{')
		return key + len;
	return strcmp(metric->type, "histogram") == 0 && key[len] == '_' ? key + len : NULL;
}

static bool is_sum(const char *rest)
{
	return strncmp(rest, "_sum", 4) == 0;
}

static void put_series(const json_t *set, const struct metric *metric, struct buffer *ret)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)set, key, value)
	{
		const char *rest = rest_of(key, metric);
		int64_t n = json_integer_value(value);

		if (rest && is_sum(rest))
			buffer_printf(ret, "%s %" PRId64 ".%06" PRId64 "\n", key, n / 1000000, n % 1000000);
		else if (rest)
			buffer_printf(ret, "%s %" PRId64 "\n", key, n);
	}
}

void series_text(const json_t *set, struct buffer *ret)
{
	for (size_t i = 0; i < N_METRICS; i++) {
		buffer_printf(ret, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
			      metrics[i].name, metrics[i].type);
		put_series(set, &metrics[i], ret);
	}
}

static bool is_any_sum(const char *key)
{
	for (size_t i = 0; i < N_METRICS; i++) {
		const char *rest = rest_of(key, &metrics[i]);

		if (rest && is_sum(rest))
			return true;
	}
	return false;
}

json_t *series_json(const json_t *set)
{
	json_t *ret = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)set, key, value)
	{
		double n = (double)json_integer_value(value);

		json_object_set_new(ret, key, is_any_sum(key) ? json_real(n / 1e6) : json_incref(value));
	}
	return ret;
}
