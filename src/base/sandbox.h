/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox - the walls around a process that reads hostile bytes.
 *
 * After the call the process can compute, use memory and talk over descriptors it
 * already has: no file can be opened, no socket made, no program started. Two walls,
 * each enough by itself: a seccomp allow-list (libseccomp; any other call fails with
 * EPERM) and, where the kernel has it, a Landlock domain without any right. Cannot be
 * undone. What it must not have open is closed before, by yg_sandbox_keep_only.
 */
#ifndef YG_BASE_SANDBOX_H
#define YG_BASE_SANDBOX_H

#include "base/err.h"

#include <stddef.h>

/* Of everything the process that asks holds open, a taken-over child shall have nothing
 * but what it was given: close all descriptors but these (negative: none) and standard
 * error. A few system calls. Before yg_sandbox_enter. */
void yg_sandbox_keep_only(const int *keep, size_t count);

/* Enter. YG_EIO with the reason when the kernel refuses both walls. */
enum yg_status yg_sandbox_enter(struct yg_err *err) YG_MUST_USE;

#endif
