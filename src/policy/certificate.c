/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certificate.h"

#include "base/clock.h"
#include "base/risk.h"
#include "policy/stats.h"

#include <math.h>
#include <string.h>

#define MAGIC   0x31434759U /* "YGC1" */
#define VERSION 1

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
}

static void read_level(struct yg_cursor *in, struct yg_certificate_level *l)
{
    l->threats = yg_cursor_le64(in);
    l->k = yg_cursor_le64(in);
    l->need = yg_cursor_le64(in);
    l->lost = yg_cursor_le64(in);
    l->bound = yg_cursor_f64(in);
    l->tau = yg_cursor_le32(in);
    l->alerts = yg_cursor_le64(in);
    l->closed = yg_cursor_le64(in);
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
#define DOUBLES(X)                                                                       \
    X(delta) X(delta_spent) X(share) X(alpha) X(beta) X(margin) X(bulk) X(for_p)
#define TIMES(X)   X(cut_ns) X(from_ns) X(until_ns) X(made_ns)
#define DIGESTS(X) X(model) X(gates) X(features) X(data)

void yg_certificate_write(const struct yg_certificate *c, struct yg_buf *out)
{
    yg_buf_u32(out, MAGIC);
    yg_buf_u16(out, VERSION);
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
}

static bool is_rate(double v)
{
    return v >= 0.0 && v <= 1.0;
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
    if (c->for_missed > c->for_clusters || c->gated > c->alerts ||
        c->runs_closed > c->runs)
        return false;
    for (int i = 0; i < YG_LEVEL_COUNT; i++) {
        const struct yg_certificate_level *l = &c->level[i];
        if (!is_rate(l->bound) || l->k > l->threats || l->lost > l->threats ||
            l->closed > l->alerts)
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
        read_level(in, &c.level[i]);
    if (!yg_cursor_ok(in) || version != VERSION || !sane(&c))
        return yg_err_set(err, YG_EFORMAT, "damaged certificate: certify again");
    *out = c;
    return YG_OK;
}

static void text_level(const struct yg_certificate *c, unsigned i, struct yg_buf *out)
{
    const struct yg_certificate_level *l = &c->level[i];
    uint64_t more[YG_LADDER_COUNT];

    yg_buf_printf(out, "  %s: ", yg_level_name(i));
    if (c->kind == YG_CERT_CROSS_FIT) {
        yg_buf_printf(out, "%llu threats, %llu lost (an estimate, no bound)\n",
                      (unsigned long long)l->threats, (unsigned long long)l->lost);
        return;
    }
    if (l->k > 0)
        yg_buf_printf(out, "at most %g %% of threats lost, certified on %llu (k = %llu)",
                      100 * l->bound, (unsigned long long)l->threats,
                      (unsigned long long)l->k);
    else
        yg_buf_printf(out,
                      "not certifiable yet: %llu of %llu threats (k = 1 would support "
                      "%.3g %%)",
                      (unsigned long long)l->threats, (unsigned long long)l->need,
                      100 * l->bound);
    yg_buf_printf(out, "; %llu of %llu alerts closed\n", (unsigned long long)l->closed,
                  (unsigned long long)l->alerts);
    yg_ladder_more(l->threats, c->share, more);
    for (int r = 0; r < YG_LADDER_COUNT; r++)
        if (more[r] > 0)
            yg_buf_printf(out, "      %llu more judged threats of %s bring %g %%\n",
                          (unsigned long long)more[r], yg_level_name(i),
                          100 * yg_ladder[r]);
}

static void text_for(const struct yg_certificate *c, struct yg_buf *out)
{
    bool tested = c->for_clusters >= c->for_need;

    if (c->kind == YG_CERT_CROSS_FIT)
        return;
    yg_buf_printf(out, "  attacks among closed runs: %llu of %llu draws",
                  (unsigned long long)c->for_missed, (unsigned long long)c->for_clusters);
    if (!tested)
        yg_buf_printf(out, "; not certifiable yet: %llu clusters needed\n",
                      (unsigned long long)c->for_need);
    else if (c->for_p <= c->share)
        yg_buf_printf(out, ", at most %g %% (p = %.3g)\n", 100 * c->beta, c->for_p);
    else
        yg_buf_printf(out, ", not shown to be at most %g %% (p = %.3g)\n", 100 * c->beta,
                      c->for_p);
}

void yg_certificate_text(const struct yg_certificate *c, struct yg_buf *out)
{
    char from[YG_TIME_TEXT_MAX], until[YG_TIME_TEXT_MAX];

    yg_buf_printf(out, "%s for verdicts of %s and above\n",
                  c->kind == YG_CERT_CROSS_FIT ? "Estimate by cross-fitting"
                                               : "Certificate",
                  yg_level_name(c->protect));
    yg_buf_printf(out, "  closes below risk %.6g (log-odds %.3f, tau %u)%s\n",
                  yg_risk_prob(c->tau), yg_risk_logit(c->tau), c->tau,
                  c->tau == 0 ? ": nothing" : "");
    if (c->kind == YG_CERT_CROSS_FIT)
        yg_buf_printf(out,
                      "  %.3f log-odds below the smallest threat risk; false positives "
                      "reach up to %.3f\n",
                      c->margin, c->bulk);
    else
        yg_buf_printf(out,
                      "  error probability %.4g spent (attempt %u of a total of %g), "
                      "%.4g for each test\n",
                      c->delta_spent, c->attempt, c->delta, c->share);
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++)
        text_level(c, i, out);
    text_for(c, out);
    yg_buf_printf(out,
                  "  from %llu alerts (%llu held by gates), %llu runs, %llu clusters, "
                  "%llu threats, %llu tenants; %s to %s\n",
                  (unsigned long long)c->alerts, (unsigned long long)c->gated,
                  (unsigned long long)c->runs, (unsigned long long)c->clusters,
                  (unsigned long long)c->threats, (unsigned long long)c->tenants,
                  yg_time_text(c->from_ns, from), yg_time_text(c->until_ns, until));
    if (c->dropped_runs + c->dropped_threats > 0)
        yg_buf_printf(
            out, "  %llu runs and %llu threats began before the cut: left out\n",
            (unsigned long long)c->dropped_runs, (unsigned long long)c->dropped_threats);
    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1)
            yg_buf_printf(out, "  PROVISIONAL, cannot arm: %s\n", yg_provisional_text(i));
}

/* What it would take: more threats for each rate of the ladder. */
static void json_more(uint64_t threats, double share, struct yg_jsonw *w)
{
    uint64_t more[YG_LADDER_COUNT];

    yg_ladder_more(threats, share, more);
    yg_jsonw_key(w, "more");
    yg_jsonw_open(w, '[');
    for (int r = 0; r < YG_LADDER_COUNT; r++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kf64(w, "rate", yg_ladder[r]);
        yg_jsonw_ku64(w, "threats", more[r]);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void json_levels(const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "levels");
    yg_jsonw_open(w, '[');
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++) {
        const struct yg_certificate_level *l = &c->level[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "level", yg_level_name(i));
        yg_jsonw_ku64(w, "threats", l->threats);
        yg_jsonw_ku64(w, "lost", l->lost);
        yg_jsonw_ku64(w, "alerts", l->alerts);
        yg_jsonw_ku64(w, "closed", l->closed);
        if (c->kind == YG_CERT_TIME_SPLIT) {
            yg_jsonw_kbool(w, "certified", l->k > 0);
            yg_jsonw_ku64(w, "k", l->k);
            yg_jsonw_ku64(w, "need", l->need);
            yg_jsonw_kf64(w, "bound", l->bound);
            json_more(l->threats, c->share, w);
        }
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void json_digest(struct yg_jsonw *w, const char *key, const unsigned char *d)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(d, YG_DIGEST_SIZE, hex);
    yg_jsonw_kcstr(w, key, hex);
}

static void json_tests(const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_kf64(w, "delta", c->delta);
    yg_jsonw_kf64(w, "delta_spent", c->delta_spent);
    yg_jsonw_kf64(w, "share", c->share);
    yg_jsonw_ku64(w, "attempt", c->attempt);
    yg_jsonw_kf64(w, "alpha", c->alpha);
    yg_jsonw_kf64(w, "beta", c->beta);
    yg_jsonw_ku64(w, "seed", c->seed);
    yg_jsonw_key(w, "for");
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "draws", c->for_clusters);
    yg_jsonw_ku64(w, "missed", c->for_missed);
    yg_jsonw_ku64(w, "need", c->for_need);
    yg_jsonw_kf64(w, "p", c->for_p);
    yg_jsonw_close(w, '}');
}

void yg_certificate_json(const struct yg_certificate *c, struct yg_jsonw *w)
{
    char time[YG_TIME_TEXT_MAX];

    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "kind", c->kind == YG_CERT_CROSS_FIT ? "cross-fit" : "time-split");
    yg_jsonw_kcstr(w, "protect", yg_level_name(c->protect));
    yg_jsonw_kbool(w, "may_arm", yg_certificate_may_arm(c));
    yg_jsonw_key(w, "provisional");
    yg_jsonw_open(w, '[');
    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1)
            yg_jsonw_str(w, yg_str_of(yg_provisional_name(i)));
    yg_jsonw_close(w, ']');
    yg_jsonw_ku64(w, "tau", c->tau);
    yg_jsonw_kf64(w, "tau_probability", yg_risk_prob(c->tau));
    yg_jsonw_ku64(w, "tau_np", c->tau_np);
    if (c->kind == YG_CERT_CROSS_FIT) {
        yg_jsonw_kf64(w, "margin", c->margin);
        yg_jsonw_kf64(w, "bulk", c->bulk);
    } else {
        yg_jsonw_ku64(w, "tau_for", c->tau_for);
        yg_jsonw_kcstr(w, "cut", yg_time_text(c->cut_ns, time));
        json_tests(c, w);
    }
    json_levels(c, w);
    yg_jsonw_ku64(w, "alerts", c->alerts);
    yg_jsonw_ku64(w, "unjudged", c->unjudged);
    yg_jsonw_ku64(w, "gated", c->gated);
    yg_jsonw_ku64(w, "runs", c->runs);
    yg_jsonw_ku64(w, "runs_closed", c->runs_closed);
    yg_jsonw_ku64(w, "clusters", c->clusters);
    yg_jsonw_ku64(w, "threats", c->threats);
    yg_jsonw_ku64(w, "tenants", c->tenants);
    yg_jsonw_ku64(w, "dropped_runs", c->dropped_runs);
    yg_jsonw_ku64(w, "dropped_threats", c->dropped_threats);
    yg_jsonw_kcstr(w, "from", yg_time_text(c->from_ns, time));
    yg_jsonw_kcstr(w, "until", yg_time_text(c->until_ns, time));
    yg_jsonw_kcstr(w, "made", yg_time_text(c->made_ns, time));
    json_digest(w, "model_digest", c->model);
    json_digest(w, "gates_digest", c->gates);
    json_digest(w, "features_digest", c->features);
    json_digest(w, "data_digest", c->data);
    yg_jsonw_close(w, '}');
}
