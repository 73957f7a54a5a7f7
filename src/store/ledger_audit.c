/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ledger.h"

#include "store/ledger_priv.h"

#include <math.h>

#define COUNT_MAX (UINT64_C(1) << 40) /* added at once: sums stay far from overflow */
#define DRIFT_MAX ((size_t)1 << 20)

/* ---- audits -------------------------------------------------------------------- */

static void read_audit(struct yg_row *r, void *to)
{
    struct yg_audit *a = to;

    yg_row_bytes(r, a->run, sizeof(a->run));
    a->kind = (uint8_t)yg_row_u64(r, YG_AUDIT_COIN, YG_AUDIT_TRIAL);
    yg_row_bytes(r, a->alert, sizeof(a->alert));
    yg_row_bytes(r, a->certificate, sizeof(a->certificate));
    a->tenant = yg_row_str(r);
    a->who = yg_row_str(r);
    a->rate = yg_row_u64(r, 0, YG_COIN_ONE);
    a->entity = yg_row_bits(r);
    a->drawn_ns = yg_row_i64(r);
    a->ends_ns = yg_row_i64(r);
    a->judged_ns = yg_row_i64(r);
    a->risk = (uint32_t)yg_row_u64(r, 0, UINT32_MAX);
    a->state = (uint8_t)yg_row_u64(r, YG_AUDIT_WAITS, YG_AUDIT_VOID);
    a->device = (uint8_t)yg_row_u64(r, 0, YG_DEV_COUNT - 1);
    a->level = yg_row_level(r);
    a->predicted = yg_row_level(r);
    a->truth = yg_row_level(r);
    a->armed = (uint8_t)yg_row_u64(r, 0, 1);
    a->second = yg_row_level(r);
    a->first = yg_row_level(r);
    a->worst = yg_row_level(r);
    a->changes = (uint32_t)yg_row_u64(r, 0, UINT32_MAX);
    a->closed = (uint32_t)yg_row_u64(r, 0, UINT32_MAX);
}

static const struct yg_row_kind audit_kind = {
    .what = "audit",
    .size = sizeof(struct yg_audit),
    .read = read_audit,
};

static bool is_level(uint8_t v)
{
    return v < YG_LEVEL_COUNT || v == YG_LEVEL_NONE;
}

static bool is_audit(const struct yg_audit *a)
{
    return a->kind >= YG_AUDIT_COIN && a->kind <= YG_AUDIT_TRIAL &&
           a->state <= YG_AUDIT_VOID && a->device < YG_DEV_COUNT && a->armed <= 1 &&
           a->rate <= YG_COIN_ONE && is_level(a->level) && is_level(a->predicted) &&
           is_level(a->truth) && is_level(a->second) && is_level(a->first) &&
           is_level(a->worst) && a->tenant.n <= YG_LEDGER_TEXT_MAX &&
           a->who.n <= YG_LEDGER_TEXT_MAX;
}

enum yg_status yg_ledger_audit_put(struct yg_store *st, const struct yg_audit *a,
                                   struct yg_err *err)
{
    if (!is_audit(a))
        return yg_err_set(err, YG_EINVAL, "ledger: this is not an audit");
    enum yg_status rc = yg_store_begin(st, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_AUDIT_PUT, &rc, err);
    if (!s)
        return rc;
    const int64_t number[] = {
        (int64_t)a->rate, (int64_t)a->entity, a->drawn_ns, a->ends_ns, a->judged_ns,
        a->risk,          a->state,           a->device,   a->level,   a->predicted,
        a->truth,         a->armed,           a->second,   a->first,   a->worst,
        a->changes,
    };
    yg_db_bind_blob(s, 1, yg_id_str(a->run));
    yg_db_bind_int(s, 2, a->kind);
    yg_db_bind_blob(s, 3, yg_id_str(a->alert));
    yg_db_bind_blob(
        s, 4, (struct yg_str){ (const char *)a->certificate, sizeof(a->certificate) });
    yg_db_bind_blob(s, 5, a->tenant);
    yg_db_bind_blob(s, 6, a->who);
    for (int i = 0; i < (int)YG_ARRAY_LEN(number); i++)
        yg_db_bind_int(s, 7 + i, number[i]);
    rc = yg_store_run(st, s, err);
    return rc == YG_OK ? yg_audit_log_put(st, a, err) : rc;
}

enum yg_status yg_ledger_audit_get(struct yg_store *st,
                                   const unsigned char run[YG_ID_SIZE],
                                   struct yg_arena *arena, struct yg_audit *out,
                                   struct yg_err *err)
{
    struct yg_row_list found;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_AUDIT_GET, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    rc = yg_row_all(st, s, &audit_kind, arena, &found, err);
    if (rc != YG_OK)
        return rc;
    if (found.n == 0)
        return yg_err_set(err, YG_ENOTFOUND, "this run is not among the audits");
    *out = *(const struct yg_audit *)found.p;
    return YG_OK;
}

static enum yg_query query_of(const struct yg_audit_filter *f)
{
    const bool one = f->tenant.n > 0;

    if (f->plants)
        return YG_Q_PLANTS_WAITING;
    if (f->until_ns)
        return YG_Q_AUDITS_WAITING_BETWEEN;
    if (f->around_ns)
        return f->waiting ? YG_Q_AUDITS_WAITING_AROUND : YG_Q_AUDITS_AROUND;
    if (f->waiting)
        return one ? YG_Q_AUDITS_WAITING_TENANT : YG_Q_AUDITS_WAITING;
    return one ? YG_Q_AUDITS_TENANT : YG_Q_AUDITS;
}

enum yg_status yg_ledger_audits(struct yg_store *st, const struct yg_audit_filter *f,
                                struct yg_arena *arena, struct yg_audit **out,
                                size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, query_of(f), &rc, err);

    if (!s)
        return rc;
    bool capped = f->limit > 0 && f->limit < YG_ROWS_MAX;
    yg_db_bind_int(s, 1, (int64_t)(capped ? f->limit : YG_ROWS_MAX));
    if (f->until_ns)
        yg_db_bind_int(s, 2, f->until_ns);
    else if (f->tenant.n > 0 || f->around_ns)
        yg_db_bind_blob(s, 2, f->tenant);
    if (f->around_ns)
        yg_db_bind_int(s, 3, f->around_ns);
    rc = yg_row_all(st, s, &audit_kind, arena, &all, err);
    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

/* ---- strata -------------------------------------------------------------------- */

static void read_day(struct yg_row *r, void *to)
{
    struct yg_ledger_day *d = to;

    d->tenant = yg_row_str(r);
    d->day = yg_row_i64(r);
    d->device = (uint8_t)yg_row_u64(r, 0, YG_DEV_COUNT - 1);
    d->counts.alerts = yg_row_u64(r, 0, INT64_MAX);
    d->counts.closed = yg_row_u64(r, 0, INT64_MAX);
    d->counts.runs_closed = yg_row_u64(r, 0, INT64_MAX);
    d->counts.runs_open = yg_row_u64(r, 0, INT64_MAX);
    d->counts.protected_open = yg_row_u64(r, 0, INT64_MAX);
}

static const struct yg_row_kind day_kind = {
    .what = "stratum_day",
    .size = sizeof(struct yg_ledger_day),
    .read = read_day,
};

enum yg_status yg_ledger_day_add(struct yg_store *st, const struct yg_ledger_day *d,
                                 struct yg_err *err)
{
    const uint64_t number[] = { d->counts.alerts, d->counts.closed, d->counts.runs_closed,
                                d->counts.runs_open, d->counts.protected_open };
    bool fits = d->device < YG_DEV_COUNT && d->tenant.n <= YG_LEDGER_TEXT_MAX;

    for (size_t i = 0; i < YG_ARRAY_LEN(number); i++)
        fits = fits && number[i] <= COUNT_MAX;
    if (!fits)
        return yg_err_set(err, YG_EINVAL, "ledger: these are no counts of a day");
    enum yg_status rc = yg_store_begin(st, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_DAY_ADD, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, d->tenant);
    yg_db_bind_int(s, 2, d->day);
    yg_db_bind_int(s, 3, d->device);
    for (int i = 0; i < (int)YG_ARRAY_LEN(number); i++)
        yg_db_bind_int(s, 4 + i, (int64_t)number[i]);
    return yg_store_run(st, s, err);
}

enum yg_status yg_ledger_days(struct yg_store *st, struct yg_str tenant,
                              struct yg_arena *arena, struct yg_ledger_day **out,
                              size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_DAYS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, tenant);
    rc = yg_row_all(st, s, &day_kind, arena, &all, err);
    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

static void read_stratum(struct yg_row *r, void *to)
{
    struct yg_ledger_stratum *s = to;

    s->tenant = yg_row_str(r);
    s->device = (uint8_t)yg_row_u64(r, 0, YG_DEV_COUNT - 1);
    s->budget.day = yg_row_i64(r);
    s->budget.today = yg_row_u64(r, 0, INT64_MAX);
    s->budget.daily = yg_row_f64(r);
    s->budget.drawn_today = yg_row_u64(r, 0, INT64_MAX);
    s->budget.decoys_today = yg_row_u64(r, 0, INT64_MAX);
    s->budget.open_today = yg_row_u64(r, 0, INT64_MAX);
    s->budget.open_daily = yg_row_f64(r);
    s->drift = yg_row_str(r);
    yg_row_bytes(r, s->reference, sizeof(s->reference));
}

static const struct yg_row_kind stratum_kind = {
    .what = "stratum",
    .size = sizeof(struct yg_ledger_stratum),
    .read = read_stratum,
};

static bool is_rate(double v)
{
    return isfinite(v) && v >= 0;
}

static bool is_stratum(const struct yg_ledger_stratum *p)
{
    const struct yg_coin_budget *b = &p->budget;

    return p->device < YG_DEV_COUNT && p->tenant.n <= YG_LEDGER_TEXT_MAX &&
           p->drift.n <= DRIFT_MAX && is_rate(b->daily) && is_rate(b->open_daily) &&
           b->today <= INT64_MAX && b->drawn_today <= INT64_MAX &&
           b->decoys_today <= INT64_MAX && b->open_today <= INT64_MAX;
}

enum yg_status yg_ledger_stratum_put(struct yg_store *st,
                                     const struct yg_ledger_stratum *p,
                                     struct yg_err *err)
{
    if (!is_stratum(p))
        return yg_err_set(err, YG_EINVAL, "ledger: this is not a stratum");
    enum yg_status rc = yg_store_begin(st, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_STRATUM_PUT, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, p->tenant);
    yg_db_bind_int(s, 2, p->device);
    yg_db_bind_int(s, 3, p->budget.day);
    yg_db_bind_int(s, 4, (int64_t)p->budget.today);
    yg_db_bind_real(s, 5, p->budget.daily);
    yg_db_bind_int(s, 6, (int64_t)p->budget.drawn_today);
    yg_db_bind_int(s, 7, (int64_t)p->budget.decoys_today);
    yg_db_bind_int(s, 8, (int64_t)p->budget.open_today);
    yg_db_bind_real(s, 9, p->budget.open_daily);
    yg_db_bind_blob(s, 10, p->drift);
    yg_db_bind_blob(s, 11,
                    (struct yg_str){ (const char *)p->reference, sizeof(p->reference) });
    return yg_store_run(st, s, err);
}

enum yg_status yg_ledger_strata(struct yg_store *st, struct yg_arena *arena,
                                struct yg_ledger_stratum **out, size_t *count,
                                struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_STRATA, &rc, err);

    if (!s)
        return rc;
    rc = yg_row_all(st, s, &stratum_kind, arena, &all, err);
    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}
