/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/retain.h"

#include "policy/certificate.h"
#include "store/ledger.h"

#define DAY_NS    (INT64_C(86400) * YG_NS_PER_S)
#define ARENA_MAX ((size_t)256 << 20)
#define PIECE     64 /* blocks between two questions whether to stop */

/* The period of the newest certificate of this tenant (empty: of the pool). */
static enum yg_status period_of(struct yg_store *st, struct yg_str tenant,
                                struct yg_period *out, bool *there, struct yg_err *err)
{
    struct yg_ledger_certificate *list = NULL;
    struct yg_certificate c;
    struct yg_arena arena;
    size_t n = 0;

    *there = false;
    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status rc = yg_ledger_certificates(st, tenant, &arena, &list, &n, err);
    if (rc == YG_OK && n > 0) {
        struct yg_cursor k = yg_cursor_of(list[n - 1].bytes.p, list[n - 1].bytes.n);
        rc = yg_certificate_read(&k, &c, err);
        *out = (struct yg_period){ c.from_ns, c.until_ns };
        *there = rc == YG_OK && c.until_ns > c.from_ns;
    }
    yg_arena_fini(&arena);
    return rc;
}

static enum yg_status forget(struct yg_store *st, const struct yg_retain *r,
                             struct yg_forget *ask, struct yg_forgotten *out,
                             struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    ask->max_blocks = PIECE;
    do
        rc = yg_store_forget(st, ask, out, err);
    while (rc == YG_OK && out->more && !(r->stop && r->stop(r->arg)));
    return rc;
}

enum yg_status yg_retain_tenant(struct yg_store *st, const struct yg_retain *r,
                                struct yg_retained *out, struct yg_err *err)
{
    struct yg_period keep[2];
    size_t keeps = 0;
    bool there = false;
    enum yg_status rc = period_of(st, r->tenant, &keep[0], &there, err);

    *out = (struct yg_retained){ .records = { .blocks = 0 } };
    keeps += there;
    if (rc == YG_OK)
        rc = period_of(st, YG_STR(""), &keep[keeps], &there, err);
    keeps += rc == YG_OK && there;
    struct yg_forget ask = { .tenant = r->tenant,
                             .before_ns = r->now_ns - r->days * DAY_NS,
                             .only_count = r->only_count,
                             .keep = keep,
                             .keeps = keeps };
    if (rc == YG_OK && r->days > 0)
        rc = forget(st, r, &ask, &out->records, err);
    if (rc != YG_OK || r->packet_days == 0)
        return rc;
    ask = (struct yg_forget){ .tenant = r->tenant,
                              .before_ns = r->now_ns - r->packet_days * DAY_NS,
                              .packets = true,
                              .only_count = r->only_count,
                              .keep = keep,
                              .keeps = keeps };
    return forget(st, r, &ask, &out->packets, err);
}
