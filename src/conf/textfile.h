/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile - a whole file in memory: what operators write by hand, models, verdicts.
 *
 * Regular files and pipes; the cap keeps a wrong path from filling the memory. While it
 * is read it takes twice its size.
 */
#ifndef YG_CONF_TEXTFILE_H
#define YG_CONF_TEXTFILE_H

#include "base/arena.h"
#include "base/err.h"

/* The bytes of `path`, at most `cap` of them, NUL-terminated; lives with `arena`. YG_EIO,
 * YG_ELIMIT (longer than cap), YG_ENOMEM; these name the file as where it happened. */
enum yg_status yg_textfile_read(struct yg_arena *arena, const char *path, size_t cap,
                                struct yg_str *out, struct yg_err *err) YG_MUST_USE;

#endif
