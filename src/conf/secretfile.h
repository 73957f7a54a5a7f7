/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secretfile - files that a configuration names: where they are, and secrets in them.
 *
 * A secret is never in the configuration itself, which many may read: it names a file
 * that only its owner and group may reach, whose first line is the secret.
 */
#ifndef YG_CONF_SECRETFILE_H
#define YG_CONF_SECRETFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* `file` as the configuration at `path` means it: from that one's folder on. In the
 * arena; {NULL, 0}: no memory. */
struct yg_str yg_conf_beside(struct yg_arena *arena, const char *path,
                             struct yg_str file) YG_MUST_USE;

/* The first line of a file, at most 4095 bytes; NUL-terminated, in the arena. YG_EINVAL
 * and what to do: it cannot be read, everybody can, there is no secret in it. */
enum yg_status yg_conf_secret(struct yg_arena *arena, const char *file,
                              struct yg_str *out, struct yg_err *err) YG_MUST_USE;

#endif
