/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonw - writes JSON into a yg_buf, commas and escapes included.
 *
 * Strings may be any bytes: control characters become \u00XX and bytes that are not
 * UTF-8 become U+FFFD, so the output is always valid JSON. Numbers are written without
 * locale; doubles with the fewest digits that read back equal, non-finite ones as null.
 */
#ifndef YG_BASE_JSONW_H
#define YG_BASE_JSONW_H

#include "base/buf.h"

struct yg_jsonw {
    struct yg_buf *out; /* borrowed */
    bool comma;         /* private: the next item needs one */
};

static inline struct yg_jsonw yg_jsonw_of(struct yg_buf *out)
{
    return (struct yg_jsonw){ .out = out };
}

/* Goes on inside an object or array that has members already. */
static inline struct yg_jsonw yg_jsonw_inside(struct yg_buf *out)
{
    return (struct yg_jsonw){ .out = out, .comma = true };
}

void yg_jsonw_open(struct yg_jsonw *w, char bracket); /* '{' or '[' */
void yg_jsonw_close(struct yg_jsonw *w, char bracket);
void yg_jsonw_key(struct yg_jsonw *w, const char *key);
void yg_jsonw_str(struct yg_jsonw *w, struct yg_str s);
void yg_jsonw_u64(struct yg_jsonw *w, uint64_t v);
void yg_jsonw_i64(struct yg_jsonw *w, int64_t v);
void yg_jsonw_f64(struct yg_jsonw *w, double v);
void yg_jsonw_bool(struct yg_jsonw *w, bool v);
void yg_jsonw_null(struct yg_jsonw *w);
void yg_jsonw_raw(struct yg_jsonw *w, struct yg_str json); /* a value as it is */

/* key and value in one */
void yg_jsonw_kstr(struct yg_jsonw *w, const char *key, struct yg_str s);
void yg_jsonw_kcstr(struct yg_jsonw *w, const char *key, const char *s);
void yg_jsonw_ku64(struct yg_jsonw *w, const char *key, uint64_t v);
void yg_jsonw_ki64(struct yg_jsonw *w, const char *key, int64_t v);
void yg_jsonw_kf64(struct yg_jsonw *w, const char *key, double v);
void yg_jsonw_kbool(struct yg_jsonw *w, const char *key, bool v);
/* ids and digests, at most YG_DIGEST_SIZE bytes; times as yg_time_text writes them */
void yg_jsonw_khex(struct yg_jsonw *w, const char *key, const unsigned char *p, size_t n);
void yg_jsonw_ktime(struct yg_jsonw *w, const char *key, int64_t ns);

/* The escaped bytes of `s` without quotes: for hand-made frames around it. */
void yg_json_escape(struct yg_buf *out, struct yg_str s);

#endif
