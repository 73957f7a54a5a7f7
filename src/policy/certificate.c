/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certificate.h"

#include "base/risk.h"
#include "policy/stats.h"
#include "policy/weighted.h"

#include <math.h>
#include <string.h>

#define MAGIC   0x31434759U /* "YGC1" */
#define VERSION 3           /* 2 where there are no rules: the same bytes as before */

static const struct {
    const char *name, *text;
} provisional[YG_PROV_COUNT] = {
#define X(id, name, text) { name, text },
    YG_PROVISIONALS(X)
#undef X
};

const char *yg_provisional_name(unsigned reason)
{
    return reason < YG_PROV_COUNT ? provisional[reason].name : "unknown";
}

const char *yg_provisional_text(unsigned reason)
{
    return reason < YG_PROV_COUNT ? provisional[reason].text : "unknown";
}

const char *yg_certificate_mode_name(unsigned mode)
{
    return mode == YG_CERT_BY_ALL ? "all" : mode == YG_CERT_BY_COIN ? "coin" : "none";
}

bool yg_certificate_needs_owner(const struct yg_certificate *c)
{
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++)
        if (c->level[i].k == 0)
            return true;
    return false;
}

double yg_certificate_unseen(const struct yg_certificate *c)
{
    if (c->kind != YG_CERT_TIME_SPLIT || c->tenant_n > 0 || c->lost_tenants > 0 ||
        c->delta <= 0)
        return 1.0;
    return yg_support_rate(c->threat_tenants, c->delta);
}

void yg_certificate_more(const struct yg_certificate *c, unsigned level,
                         uint64_t more[YG_LADDER_COUNT])
{
    uint64_t have = level < YG_LEVEL_COUNT ? c->level[level].threats : 0;

    yg_ladder_more(have, c->share, more);
    if (c->mode != YG_CERT_BY_COIN)
        return;
    for (int r = 0; r < YG_LADDER_COUNT; r++) {
        uint64_t need = yg_weighted_need(yg_ladder[r], c->share, c->most);
        more[r] = need > have ? need - have : 0;
    }
}

static void write_level(const struct yg_certificate_level *l, struct yg_buf *out)
{
    yg_buf_u64(out, l->threats);
    yg_buf_u64(out, l->k);
    yg_buf_u64(out, l->need);
    yg_buf_u64(out, l->lost);
    yg_buf_f64(out, l->bound);
    yg_buf_u32(out, l->tau);
    yg_buf_u64(out, l->alerts);
    yg_buf_u64(out, l->closed);
    yg_buf_f64(out, l->p);
    yg_buf_f64(out, l->weight);
}

static void read_level(struct yg_cursor *in, uint16_t version,
                       struct yg_certificate_level *l)
{
    l->threats = yg_cursor_le64(in);
    l->k = yg_cursor_le64(in);
    l->need = yg_cursor_le64(in);
    l->lost = yg_cursor_le64(in);
    l->bound = yg_cursor_f64(in);
    l->tau = yg_cursor_le32(in);
    l->alerts = yg_cursor_le64(in);
    l->closed = yg_cursor_le64(in);
    l->p = version > 1 ? yg_cursor_f64(in) : 1.0;
    l->weight = version > 1 ? yg_cursor_f64(in) : (double)l->lost;
}

static void read_digest(struct yg_cursor *in, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_str s = yg_cursor_take(in, YG_DIGEST_SIZE);

    if (s.p)
        memcpy(out, s.p, YG_DIGEST_SIZE);
}

/* The plain counts, in the order of the file. */
#define COUNTS(X)                                                                        \
    X(for_clusters)                                                                      \
    X(for_missed)                                                                        \
    X(for_need)                                                                          \
    X(alerts)                                                                            \
    X(unjudged)                                                                          \
    X(gated)                                                                             \
    X(runs)                                                                              \
    X(runs_closed) X(clusters) X(threats) X(tenants) X(dropped_runs) X(dropped_threats)
/* Since version 2. */
#define COUNTS_2(X)                                                                      \
    X(trains)                                                                            \
    X(runs_unjudged)                                                                     \
    X(threat_tenants) X(lost_tenants) X(audits) X(late_runs) X(unknown_runs)
#define DOUBLES(X)                                                                       \
    X(delta) X(delta_spent) X(share) X(alpha) X(beta) X(margin) X(bulk) X(for_p)
#define DOUBLES_2(X) X(most) X(for_weight)
#define TIMES(X)     X(cut_ns) X(from_ns) X(until_ns) X(made_ns)
#define DIGESTS(X)   X(model) X(gates) X(features) X(data)

bool yg_certificate_has_rules(const struct yg_certificate *c)
{
    static const unsigned char none[YG_DIGEST_SIZE];

    return memcmp(c->rules, none, sizeof(none)) != 0;
}

void yg_certificate_write(const struct yg_certificate *c, struct yg_buf *out)
{
    yg_buf_u32(out, MAGIC);
    yg_buf_u16(out, yg_certificate_has_rules(c) ? VERSION : 2);
    yg_buf_u8(out, c->kind);
    yg_buf_u8(out, c->protect);
    yg_buf_u32(out, c->provisional);
    yg_buf_u32(out, c->tau);
    yg_buf_u32(out, c->tau_np);
    yg_buf_u32(out, c->tau_for);
    yg_buf_u32(out, c->attempt);
    yg_buf_u64(out, c->seed);
#define X(f) yg_buf_f64(out, c->f);
    DOUBLES(X)
#undef X
#define X(f) yg_buf_u64(out, c->f);
    COUNTS(X)
#undef X
#define X(f) yg_buf_u64(out, (uint64_t)c->f);
    TIMES(X)
#undef X
#define X(f) yg_buf_add(out, c->f, YG_DIGEST_SIZE);
    DIGESTS(X)
#undef X
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        write_level(&c->level[i], out);
    yg_buf_u8(out, c->mode);
    yg_buf_u8(out, c->tenant_n);
    yg_buf_add(out, c->tenant, c->tenant_n);
#define X(f) yg_buf_u64(out, c->f);
    COUNTS_2(X)
#undef X
#define X(f) yg_buf_f64(out, c->f);
    DOUBLES_2(X)
#undef X
    if (!yg_certificate_has_rules(c))
        return;
    yg_buf_add(out, c->rules, YG_DIGEST_SIZE);
    yg_buf_u64(out, c->rule_alerts);
    yg_buf_u64(out, c->rule_missed);
}

/* What version 2 added. What version 1 called certified was not checked to be judged as a
 * whole: it is read as provisional. */
static void read_since_2(struct yg_cursor *in, uint16_t version, struct yg_certificate *c)
{
    if (version == 1) {
        c->mode = c->kind == YG_CERT_TIME_SPLIT ? YG_CERT_BY_ALL : YG_CERT_BY_NONE;
        if (c->kind == YG_CERT_TIME_SPLIT)
            c->provisional |= 1U << YG_PROV_OLD;
        return;
    }
    c->mode = yg_cursor_u8(in);
    c->tenant_n = yg_cursor_u8(in);
    struct yg_str tenant = yg_cursor_take(in, c->tenant_n);
    if (tenant.p)
        memcpy(c->tenant, tenant.p, tenant.n);
#define X(f) c->f = yg_cursor_le64(in);
    COUNTS_2(X)
#undef X
#define X(f) c->f = yg_cursor_f64(in);
    DOUBLES_2(X)
#undef X
    if (version < 3)
        return;
    read_digest(in, c->rules);
    c->rule_alerts = yg_cursor_le64(in);
    c->rule_missed = yg_cursor_le64(in);
}

static bool is_rate(double v)
{
    return v >= 0.0 && v <= 1.0;
}

static bool is_amount(double v)
{
    return isfinite(v) && v >= 0.0;
}

static bool sane(const struct yg_certificate *c)
{
    if ((c->kind != YG_CERT_TIME_SPLIT && c->kind != YG_CERT_CROSS_FIT) ||
        c->protect < YG_LEVEL_L1 || c->protect > YG_LEVEL_L4 ||
        c->provisional >> YG_PROV_COUNT != 0 || !is_rate(c->delta) ||
        !is_rate(c->delta_spent) || !is_rate(c->share) || !is_rate(c->alpha) ||
        !is_rate(c->beta) || !is_rate(c->for_p) || !isfinite(c->margin) ||
        !isfinite(c->bulk))
        return false;
    if (c->kind == YG_CERT_CROSS_FIT && (c->provisional & 1U << YG_PROV_CROSS_FIT) == 0)
        return false;
    if ((c->kind == YG_CERT_TIME_SPLIT) != (c->mode != YG_CERT_BY_NONE) ||
        c->mode > YG_CERT_BY_COIN || memchr(c->tenant, 0, c->tenant_n) ||
        c->lost_tenants > c->threat_tenants || !is_amount(c->most) || c->most > 1e6 ||
        !is_rate(c->for_weight) || (c->mode == YG_CERT_BY_COIN && c->most < 1.0))
        return false;
    if (c->for_missed > c->for_clusters || c->gated > c->alerts ||
        c->runs_closed > c->runs)
        return false;
    for (int i = 0; i < YG_LEVEL_COUNT; i++) {
        const struct yg_certificate_level *l = &c->level[i];
        if (!is_rate(l->bound) || l->k > l->threats || l->lost > l->threats ||
            l->closed > l->alerts || !is_rate(l->p) || !is_amount(l->weight))
            return false;
    }
    return true;
}

enum yg_status yg_certificate_read(struct yg_cursor *in, struct yg_certificate *out,
                                   struct yg_err *err)
{
    struct yg_certificate c = { .kind = 0 };

    if (yg_cursor_le32(in) != MAGIC)
        return yg_err_set(err, YG_EFORMAT, "not a certificate");
    uint16_t version = yg_cursor_le16(in);
    if (yg_cursor_ok(in) && version > VERSION)
        return yg_err_set(err, YG_EVERSION,
                          "certificate of version %u; this program reads up to %d: "
                          "use the program that made it",
                          version, VERSION);
    c.kind = yg_cursor_u8(in);
    c.protect = yg_cursor_u8(in);
    c.provisional = yg_cursor_le32(in);
    c.tau = yg_cursor_le32(in);
    c.tau_np = yg_cursor_le32(in);
    c.tau_for = yg_cursor_le32(in);
    c.attempt = yg_cursor_le32(in);
    c.seed = yg_cursor_le64(in);
#define X(f) c.f = yg_cursor_f64(in);
    DOUBLES(X)
#undef X
#define X(f) c.f = yg_cursor_le64(in);
    COUNTS(X)
#undef X
#define X(f) c.f = (int64_t)yg_cursor_le64(in);
    TIMES(X)
#undef X
#define X(f) read_digest(in, c.f);
    DIGESTS(X)
#undef X
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        read_level(in, version, &c.level[i]);
    read_since_2(in, version, &c);
    if (!yg_cursor_ok(in) || version < 1 || !sane(&c) ||
        (version == 3) != yg_certificate_has_rules(&c) || c.rule_missed > c.rule_alerts)
        return yg_err_set(err, YG_EFORMAT, "damaged certificate: certify again");
    *out = c;
    return YG_OK;
}
