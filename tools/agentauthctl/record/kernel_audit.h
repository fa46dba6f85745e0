/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_audit.h: puts the records of the kernel's audit together to events, and finds those that are missing.
 *
 * An execve is a record SYSCALL, one or more EXECVE, and CWD, of one serial number, and an end; records of several events may
 * come between each other. What a record holds an agent may have chosen: its words, its file's name, its directory. The
 * kernel puts such text in quotes, or writes it in hexadecimal where it holds a quote, a blank or a control character.
 */
#ifndef AGENTAUTHCTL_KERNEL_AUDIT_H
#define AGENTAUTHCTL_KERNEL_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/record/exec_event.h"

struct kernel_audit;

/* NULL: without memory. `take` gets each whole event of a program that was started. */
struct kernel_audit *kernel_audit_new(exec_take_fn *take, void *data);
void kernel_audit_free(struct kernel_audit *text);

/* Takes one record: its type, and its text of `len` bytes. */
void kernel_audit_record(struct kernel_audit *text, int type, const char *record, size_t len);
/* Gives out what waits for its end, and takes what did not come for lost, since nothing came for a while. */
void kernel_audit_flush(struct kernel_audit *text);

/* Returns how many events were lost since the last call: their numbers never came. Lost are events of any kind, of which
 * some may have been of people. */
uint64_t kernel_audit_lost(struct kernel_audit *text);

#endif
