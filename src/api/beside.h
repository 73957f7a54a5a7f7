/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beside - work that takes longer than anybody else may wait for: it goes on in a process
 * of its own, while the server's thread answers others.
 *
 * Who asks gets the answer when there is one soon, else YG_EBUSY, and asks again: the
 * work is known by a key, goes on meanwhile, and its answer is kept for a while, for
 * whoever asks next. What the key stands for must say who may see it, or be asked about
 * before.
 *
 * At most YG_BESIDE_MAX at once; beyond that YG_EBUSY. One thread.
 */
#ifndef YG_API_BESIDE_H
#define YG_API_BESIDE_H

#include "base/buf.h"
#include "base/err.h"

#define YG_BESIDE_MAX    8
#define YG_BESIDE_KEY    16
#define YG_BESIDE_MS     60 /* that a request waits for the answer */
#define YG_BESIDE_KEEP_S 60.0

/* A kind of work. `wait` appends the answer, the same each time once it is there, or says
 * YG_EBUSY; it must come to an end by itself. */
struct yg_beside_kind {
    const char *name; /* part of the key */
    unsigned most;    /* of this kind at once */
    enum yg_status (*begin)(void *arg, void **job, struct yg_err *err);
    enum yg_status (*wait)(void *job, int ms, struct yg_buf *out, struct yg_err *err);
    void (*end)(void *job);
};

struct yg_beside;
struct yg_beside *yg_beside_new(void); /* NULL: no memory */
void yg_beside_free(struct yg_beside *b);

/* The answer of the work that `about` (any bytes) stands for; begun with `arg` if it is
 * not under way. `b` NULL: it is waited for here. */
enum yg_status yg_beside_ask(struct yg_beside *b, const struct yg_beside_kind *kind,
                             struct yg_str about, void *arg, struct yg_buf *out,
                             struct yg_err *err) YG_MUST_USE;

#endif
