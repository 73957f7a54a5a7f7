/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - which context logs are left out and which alerts are closed, as the operator
 * wrote it.
 *
 *      thin:
 *        - name: resolver-chatter
 *          owner: soc-lead@example.org
 *          reason: internal names say nothing about alerts
 *          expires: 2027-03-01
 *          match: { tenant: acme, device: dns, dns.question.name: "*.corp.example" }
 *          do: sample 100          # drop | sample N | count | merge 60 s | close
 *
 * `close` is for alerts (thin/close.h), all else for context records. A rule needs an
 * owner, a reason and an expiry. `match` names canonical fields
 * (event/fields.def), tenant, source and device; all must match, and of a list one of its
 * values: texts with * and ? (letters of any case), numbers "53" or "1024-65535",
 * addresses "10.0.0.0/8". `by`, of merge, names the fields in which equal records are
 * equal. A field that a record does not have does not match. Errors name line and column.
 *
 * Plain data, made at start and constant afterwards. Matching is pure; a text over
 * YG_THIN_TEXT bytes matches nothing, so that its cost is bounded.
 */
#ifndef YG_THIN_RULES_H
#define YG_THIN_RULES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/batch.h"
#include "event/source.h"

#define YG_THIN_RULES   1024
#define YG_THIN_CONDS   16   /* of a rule */
#define YG_THIN_VALUES  64   /* of a condition */
#define YG_THIN_BY      8    /* fields of a merge */
#define YG_THIN_PATTERN 256  /* bytes of a pattern */
#define YG_THIN_TEXT    4096 /* bytes of a text that is compared */

struct yg_yaml;

enum yg_thin_do {
    YG_THIN_DROP,
    YG_THIN_SAMPLE,
    YG_THIN_COUNT,
    YG_THIN_MERGE,
    YG_THIN_CLOSE
};

struct yg_thin_value {
    struct yg_str text;   /* a pattern */
    uint64_t least, most; /* of a number; `least`: bits of a prefix */
    unsigned char ip[16]; /* of an address */
};

struct yg_thin_cond {
    int field; /* enum yg_field; negative: YG_THIN_TENANT and so on */
    const struct yg_thin_value *value;
    uint32_t values;
};
enum { YG_THIN_TENANT = -3, YG_THIN_SOURCE, YG_THIN_DEVICE };

struct yg_thin_rule {
    struct yg_str name, owner, reason;
    struct yg_str says; /* "NAME (OWNER, REASON, expires DAY)" */
    int64_t expires_ns;
    bool expired; /* before the start */
    struct yg_thin_cond cond[YG_THIN_CONDS];
    uint32_t conds;
    enum yg_thin_do what;
    uint64_t n;      /* of sample */
    int64_t span_ns; /* of merge and count */
    uint8_t by[YG_THIN_BY];
    uint32_t bys;
    const struct yg_yaml *written; /* private */
};

struct yg_thin_rules {
    const struct yg_thin_rule *rule;
    uint32_t count;
};

/* The list under `thin` of a configuration's text; none: no rules. Lives with `arena`.
 * `now_ns` is only for telling which have expired. YG_EINVAL, YG_EFORMAT, YG_ELIMIT,
 * YG_ENOMEM. */
enum yg_status yg_thin_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             int64_t now_ns, struct yg_thin_rules *out,
                             struct yg_err *err) YG_MUST_USE;
/* The same from a file. */
enum yg_status yg_thin_read(struct yg_arena *arena, const char *path, int64_t now_ns,
                            struct yg_thin_rules *out, struct yg_err *err) YG_MUST_USE;

/* The list as it was written, after a comment. Reads back equal. */
void yg_thin_print(const struct yg_thin_rules *rules, struct yg_buf *out);

/* Could a record of this source match? */
bool yg_thin_rule_concerns(const struct yg_thin_rule *r, const struct yg_source *src);
/* Does this record of such a source? */
bool yg_thin_rule_matches(const struct yg_thin_rule *r, const struct yg_batch *b,
                          const struct yg_event *e);

/* "*" stands for any bytes, "?" for one; ASCII letters in any case. */
bool yg_thin_like(struct yg_str pattern, struct yg_str text);

#endif
