/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out - a file that is only appended to, plain or gzip, and knows its line number.
 *
 * Lines are collected in `text` and written 256 KiB at a time; the first failure sticks
 * and is reported by close. gzip files carry no time and no name: same input, same bytes.
 */
#ifndef YG_SAMPLE_OUT_H
#define YG_SAMPLE_OUT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

#define YG_SAMPLE_PATH_MAX 1024

struct yg_sample_out {
    struct yg_buf text; /* append whole lines, then call yg_sample_out_line */
    uint64_t lines;     /* so far: the number of the last line */
    uint64_t bytes;     /* before compression */
    /* private */
    void *gz;
    int fd;
    enum yg_status status;
    char path[YG_SAMPLE_PATH_MAX];
};

void yg_sample_out_init(struct yg_sample_out *o);
void yg_sample_out_fini(struct yg_sample_out *o); /* closes, drops what is unwritten */

enum yg_status yg_sample_out_open(struct yg_sample_out *o, const char *path, bool gzip,
                                  struct yg_err *err) YG_MUST_USE;
/* Closing an `out` that is not open is YG_OK. */
enum yg_status yg_sample_out_close(struct yg_sample_out *o,
                                   struct yg_err *err) YG_MUST_USE;

void yg_sample_out_flush(struct yg_sample_out *o);

/* A line has been appended. */
static inline void yg_sample_out_line(struct yg_sample_out *o)
{
    o->lines++;
    if (o->text.n >= (256U << 10))
        yg_sample_out_flush(o);
}

#endif
