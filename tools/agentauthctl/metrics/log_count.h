/* SPDX-License-Identifier: Apache-2.0 */
/* log_count.h: counts the lines of the audit log. */
#ifndef AGENTAUTHCTL_LOG_COUNT_H
#define AGENTAUTHCTL_LOG_COUNT_H

#include <stdbool.h>

#include <jansson.h>

/* The objects are the caller's, and outlast a run: they are what a state file holds. */
struct log_count {
	json_t *series;	  /* of series.h */
	json_t *requests; /* when a request for approval was made, by its number, in microseconds */
	json_t *services; /* that have series of their own */
	json_t *fetched;  /* whether the last fetch of an issuer's keys succeeded, by its name: 1 or 0 */
	bool per_agent;	  /* agents get series of their own */
};

/* Gives the counters that alerts look at a value of 0, since Prometheus sees no increase from a series that was not there. */
void log_count_begin(struct log_count *count);
/* Counts a line; one with a `count` stands for as many. */
void log_count_take(struct log_count *count, const json_t *record);

#endif
