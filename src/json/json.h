/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - the wanted values of one JSON record, in one pass.
 *
 * simdjson (behind index_simdjson.cc, the only C++ of the tree) finds the structure and
 * checks UTF-8 with SIMD; a walk over that structure checks the rest of the grammar,
 * follows each key through a trie of the wanted paths and notes where the wanted values
 * lie. No tree is built and no text is copied: unread values cost their validation only.
 *
 * A path is keys with dots between. Arrays are transparent: "dns.query.rrname" is found
 * in {"dns":{"query":[{"rrname":..}]}}; a key that is a decimal number names one element
 * instead. Of several values at a path (a repeated key, an array) the first counts.
 *
 * Cost (bench/bench_decode): with all fields set, about 1.6 times simdjson's bare DOM
 * parse of an alert of 700 bytes, 1.4 times of one with payload. Strict RFC 8259, except
 * that a lone surrogate escape is read as U+FFFD. One thread per parser; paths are
 * constant and may be shared.
 */
#ifndef YG_JSON_JSON_H
#define YG_JSON_JSON_H

#include "base/status.h"
#include "base/str.h"

#include <stdint.h>

#define YG_JSON_DEPTH 64  /* nesting that is followed; deeper is refused */
#define YG_JSON_SLOTS 255 /* wanted paths of one set */

enum yg_json_type {
    YG_JSON_STRING,
    YG_JSON_UINT,   /* digits only, at most 16 of them: the number is in `u` */
    YG_JSON_NUMBER, /* any other number */
    YG_JSON_BOOL,
    YG_JSON_ARRAY, /* read with yg_json_next */
    YG_JSON_NULL,  /* only from json/pull.h */
};

/* A value where it stands in the record. `text` is what is between the quotes of a
 * string (escapes not undone), else the literal; of an array its first byte. */
struct yg_json_value {
    struct yg_str text;
    union {
        uint64_t u;
        const uint32_t *at; /* private: an array's place in the structure */
    };
    uint8_t type;
    bool escaped; /* the string has escapes: yg_json_unescape */
    uint8_t slot; /* index of its path */
};

/* What the last walk found, in the order of the record; null is as good as absent. */
struct yg_json_hits {
    uint32_t count;
    struct yg_json_value hit[YG_JSON_SLOTS];
    uint8_t where[YG_JSON_SLOTS + 1]; /* slot: index into hit[] + 1; 0: not found */
};

enum yg_json_status {
    YG_JSON_OK,
    YG_JSON_BAD,        /* not JSON */
    YG_JSON_NOT_OBJECT, /* JSON, but not an object */
    YG_JSON_NOT_UTF8,
    YG_JSON_TOO_DEEP,
    YG_JSON_TOO_LONG, /* than the parser was made for */
};

struct yg_json;
struct yg_json_paths;

/* A wanted path; its slot is its index in the array. `root` makes what is at the path a
 * second place to find all other paths under, as in {"_source": {the record}}. */
struct yg_json_want {
    struct yg_str path;
    bool root;
};

/* Compile `n` paths (copied). `flat`: a key with dots in it is a path of its own, so
 * that {"id.orig_h": ..} is found like {"id":{"orig_h":..}}. Of equal paths only the
 * first is filled. YG_EINVAL: an empty path or key, or too many; YG_ENOMEM. */
enum yg_status yg_json_paths_new(const struct yg_json_want *want, size_t n, bool flat,
                                 struct yg_json_paths **out) YG_MUST_USE;
void yg_json_paths_free(struct yg_json_paths *p);

/* A parser for records of up to `max` bytes. YG_ENOMEM. */
enum yg_status yg_json_new(size_t max, struct yg_json **out) YG_MUST_USE;
void yg_json_free(struct yg_json *j);

/* Walk `text`, which needs no padding. On YG_JSON_OK `*hits` is set, borrowed until the
 * next walk; it points into `text`. */
enum yg_json_status yg_json_walk(struct yg_json *j, const struct yg_json_paths *paths,
                                 struct yg_str text,
                                 const struct yg_json_hits **hits) YG_MUST_USE;

static inline const struct yg_json_value *yg_json_hit(const struct yg_json_hits *h,
                                                      unsigned slot)
{
    return h->where[slot] ? &h->hit[h->where[slot] - 1] : NULL;
}

/* The next scalar of an array hit of the last walk, inner arrays included and objects
 * and nulls left out; start with *state = 0. False at its end. */
bool yg_json_next(const struct yg_json *j, const struct yg_json_value *array,
                  uint64_t *state, struct yg_json_value *out);

/* Undo the escapes of a string's text into `out`, which has text.n bytes (it never
 * grows). Returns the length. */
size_t yg_json_unescape(struct yg_str text, char *out);

/* A bare DOM parse by simdjson itself of `n` records (each followed by 64 readable
 * bytes): what bench_decode compares with. Returns how many it could parse. */
size_t yg_json_parse_only(struct yg_json *j, const struct yg_str *text, size_t n);

#endif
