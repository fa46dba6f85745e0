/* SPDX-License-Identifier: Apache-2.0 */
/* faulty.h: what a test and the library faulty.so say to each other, which stands in front of libc's calls in a program that is
 * tried as it is built.
 *
 * The program is started once, with LD_PRELOAD and FAULTY_FD. Before its main() it waits for orders on that descriptor, and for
 * each runs main() in a child of its own: the libraries are loaded once.
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_FAULTY_H
#define AGENTAUTH_TESTS_SUPPORT_FAULTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FAULTY_FD "FAULTY_FD"	  /* the descriptor of orders and answers */
#define FAULTY_OUT "FAULTY_OUT"	  /* the folder of the files `out` and `err` */
#define FAULTY_NOW "FAULTY_NOW"	  /* the time that the program sees */
#define FAULTY_SHOW "FAULTY_SHOW" /* set: where a call fails, err gets the functions that led there */

enum faulty_kind {
	FAULTY_NONE,
	FAULTY_MEMORY,	    /* no memory */
	FAULTY_CALL,	    /* ENOSPC for what writes, EIO or what else fits for others */
	FAULTY_INTERRUPTED, /* EINTR, of calls that wait */
	FAULTY_SHORT,	    /* half of the bytes are read or written */
	FAULTY_KILLED,	    /* SIGKILL before a call that changes something */
	FAULTY_LIE,	    /* a name that is not changed, though the call says so: the control */
	FAULTY_KINDS,
};

struct faulty_order {
	enum faulty_kind kind;
	unsigned n; /* the call that fails, from 1; 0: none, they are counted */
	pid_t only; /* the one process that /proc shows; 0: none */
};

struct faulty_answer {
	int status; /* as waitpid() has it */
	bool hung, reached;
	unsigned count; /* of the calls of this kind */
	char call[128]; /* the one that failed, and from where it was called */
};

#endif
