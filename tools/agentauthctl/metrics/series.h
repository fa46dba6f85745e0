/* SPDX-License-Identifier: Apache-2.0 */
/* series.h: the values of metrics, each under the text by which Prometheus knows it: NAME{LABEL="VALUE",…}.
 *
 * A set of series is a JSON object of integers. Names come from metrics.def, without their prefix. A label's value may be any
 * text: it is escaped. Sums of histograms are in microseconds there, and in seconds where they are shown. */
#ifndef AGENTAUTHCTL_SERIES_H
#define AGENTAUTHCTL_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/cli/alloc.h"

#define SERIES_MAX 50000 /* of a set; what would be more is not taken up */

/* The pairs of labels and values end with NULL. series_set() gives the series a value, series_add() adds to its value. */
void series_set(json_t *set, int64_t value, const char *metric, ...) __attribute__((sentinel));
void series_add(json_t *set, int64_t value, const char *metric, ...) __attribute__((sentinel));

/* Adds `n` times the value to the histogram, which has one label. Its buckets go to two seconds or, where `slow`, to an
 * hour. */
void series_observe(json_t *set, int64_t micros, int64_t n, bool slow, const char *metric, const char *label,
		    const char *value);

/* Writes all series in the text format 0.0.4 of Prometheus: HELP and TYPE of each metric of metrics.def, then its series. */
void series_text(const json_t *set, struct buffer *ret);
/* Returns the series as a new object, with sums in seconds. */
json_t *series_json(const json_t *set);

#endif
