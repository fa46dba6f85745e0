/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h: what the harnesses share. Each is one LLVMFuzzerTestOneInput(), named after what it feeds, and
 * states in its head what must hold of every input beside not crashing. libFuzzer drives it, or standalone.c,
 * over the seeds. */
#ifndef AGENTAUTH_FUZZ_H
#define AGENTAUTH_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property: where it does not hold, the fuzzer keeps the input. */
#define FUZZ_HOLDS(what) \
	do { \
		if (!(what)) { \
			dprintf(STDERR_FILENO, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

#endif
