/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpbody - the bytes that a Content-Encoding hides.
 *
 * gzip and zstd, several members behind each other, by input/codec.h with its bounds on
 * memory; the result has a cap, so that a bomb stops there. A body that ends early or
 * has rubbish behind it is refused whole. Pure.
 */
#ifndef YG_INTAKE_HTTPBODY_H
#define YG_INTAKE_HTTPBODY_H

#include "base/buf.h"
#include "base/err.h"

enum yg_httpbody_encoding {
    YG_HTTPBODY_PLAIN,
    YG_HTTPBODY_GZIP,
    YG_HTTPBODY_ZSTD,
    YG_HTTPBODY_UNKNOWN,
};

/* What a Content-Encoding says. "snappy" is plain here: of Loki's bodies it is a part. */
enum yg_httpbody_encoding yg_httpbody_encoding(struct yg_str header);

#define YG_HTTPBODY_ROOM ((size_t)64 << 10)

/* Undo into `out`, whose cap is at least `max` + YG_HTTPBODY_ROOM. YG_EFORMAT: damaged,
 * cut short or not what it is said to be; YG_ELIMIT: longer than `max`, or it wants too
 * much memory; YG_ENOMEM. */
enum yg_status yg_httpbody_undo(enum yg_httpbody_encoding e, struct yg_str in, size_t max,
                                struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
