/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox - the walls around a process that reads hostile bytes.
 *
 * After the call the process can compute, use memory and talk over descriptors it
 * already has: no file can be opened, no socket made, no program started. Two walls,
 * each enough by itself: a seccomp allow-list (libseccomp; any other call fails with
 * EPERM) and, where the kernel has it, a Landlock domain without any right. Cannot be
 * undone.
 */
#ifndef YG_BASE_SANDBOX_H
#define YG_BASE_SANDBOX_H

#include "base/err.h"

/* Enter. YG_EIO with the reason when the kernel refuses both walls. */
enum yg_status yg_sandbox_enter(struct yg_err *err) YG_MUST_USE;

#endif
