/* SPDX-License-Identifier: Apache-2.0 */
/* The part of asset.h that writes: what is new is added, what it takes the place of is
 * ended, what is the same stays. */
#include "desk/asset_priv.h"
#include "desk/subject.h"

#define SWEPT 1000 /* rows of each kind that are past keeping, with each write */

struct tell { /* one asset */
    struct yg_desk *d;
    const struct yg_desk_by *by;
    const struct yg_asset *told;
    struct yg_subject subject;
    uint64_t number;
    int64_t now;
    struct yg_arena *arena; /* emptied with each */
};

/* ---- what may be told ------------------------------------------------------------- */

static enum yg_status check_software(const struct yg_software *s, struct yg_err *err)
{
    const struct yg_desk_text t[] = {
        { "a product's vendor", s->vendor, 0, YG_DESK_NAME, false },
        { "a product's name", s->product, 1, YG_DESK_NAME, false },
        { "a product's version", s->version, 0, YG_DESK_NAME, false },
        { "a CPE", s->cpe, 0, YG_ASSET_CPE, false },
    };

    if (s->cpe.n > 0 && !yg_str_starts(s->cpe, YG_STR("cpe:2.3:")))
        return yg_err_set(err, YG_EINVAL, "a CPE begins with cpe:2.3:");
    return yg_desk_text(t, YG_ARRAY_LEN(t), err);
}

static enum yg_status check_finding(const struct yg_finding *f, struct yg_err *err)
{
    const struct yg_desk_text t[] = {
        { "a scanner's name", f->scanner, 1, YG_DESK_NAME, false },
        { "a finding's reason", f->why, 0, 500, false },
        { "a finding's severity", f->severity, 0, YG_DESK_NAME, false },
    };
    char cve[YG_CVE_TEXT];

    if (!yg_cve_of(yg_str_of(f->cve), cve) || f->state >= YG_FINDING_STATE_COUNT)
        return yg_err_set(err, YG_EINVAL,
                          "a finding is of a CVE, written CVE-2021-44228, with a state: "
                          "vulnerable, fixed, not-affected, undecided");
    return yg_desk_text(t, YG_ARRAY_LEN(t), err);
}

enum yg_status yg_asset_check(const struct yg_asset *a, struct yg_err *err)
{
    const struct yg_desk_text t[] = {
        { "an asset's name", a->name, 0, YG_DESK_NAME, false },
        { "an asset's role", a->role, 0, YG_DESK_NAME, false },
        { "an asset's owner", a->owner, 0, YG_DESK_NAME, false },
        { "a source", a->source, 0, 2 * YG_DESK_NAME, false },
    };
    struct yg_subject subject;
    const char *wrong = yg_subject_read(a->subject, &subject);
    enum yg_status st = yg_desk_text(t, YG_ARRAY_LEN(t), err);

    if (wrong)
        return yg_err_set(err, YG_EINVAL, "\"%.*s\" %s",
                          (int)(a->subject.n < 60 ? a->subject.n : 60),
                          a->subject.p ? a->subject.p : "", wrong);
    if (st == YG_OK && a->criticality > YG_ASSET_CRITICAL_MAX)
        return yg_err_set(err, YG_EINVAL, "criticality is 1 (low) to 4 (highest)");
    if (st == YG_OK && (a->software_count > YG_ASSET_SOFTWARE_MAX ||
                        a->findings > YG_ASSET_FINDINGS_MAX))
        return yg_err_set(err, YG_ELIMIT, "at most %d products and %d findings an asset",
                          YG_ASSET_SOFTWARE_MAX, YG_ASSET_FINDINGS_MAX);
    for (size_t i = 0; st == YG_OK && a->software && i < a->software_count; i++)
        st = check_software(&a->software[i], err);
    for (size_t i = 0; st == YG_OK && i < a->findings; i++)
        st = check_finding(&a->finding[i], err);
    return st;
}

/* ---- its own row ------------------------------------------------------------------ */

static struct yg_str either(struct yg_str fresh, struct yg_str old)
{
    return fresh.n > 0 ? fresh : old;
}

static enum yg_status tell_fact(struct tell *t, struct yg_err *err)
{
    const struct yg_asset *a = t->told;
    struct yg_asset old = { .number = 0 };
    enum yg_status st =
        yg_asset_row(t->d, t->number, yg_asset_when(0), t->arena, &old, err);

    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    const struct yg_str name = either(a->name, old.name),
                        role = either(a->role, old.role);
    const struct yg_str owner = either(a->owner, old.owner);
    const unsigned critical = a->criticality ? a->criticality : old.criticality;
    if (st == YG_OK && yg_str_eq(name, old.name) && yg_str_eq(role, old.role) &&
        yg_str_eq(owner, old.owner) && critical == old.criticality)
        return YG_OK;
    st = yg_desk_run(t->d, YG_DQ_FACT_END, YG_ARGS(YG_INT(t->number), YG_INT(t->now)),
                     err);
    return st == YG_OK
               ? yg_desk_run(t->d, YG_DQ_FACT_ADD,
                             YG_ARGS(YG_INT(t->number), YG_TEXT(name), YG_TEXT(role),
                                     YG_TEXT(owner), YG_INT(critical), YG_TEXT(a->source),
                                     YG_TEXT(t->by->name), YG_INT(t->now)),
                             err)
               : st;
}

/* ---- software --------------------------------------------------------------------- */

static bool same_software(const struct yg_software *a, const struct yg_software *b)
{
    return yg_str_eq(a->product, b->product) && yg_str_eq(a->version, b->version) &&
           yg_str_eq(a->vendor, b->vendor) && yg_str_eq(a->cpe, b->cpe);
}

static enum yg_status add_software(struct tell *t, const struct yg_software *s,
                                   struct yg_err *err)
{
    return yg_desk_run(t->d, YG_DQ_SOFTWARE_ADD,
                       YG_ARGS(YG_INT(t->number), YG_TEXT(s->vendor), YG_TEXT(s->product),
                               YG_TEXT(s->version), YG_TEXT(s->cpe), YG_INT(t->now)),
                       err);
}

static enum yg_status tell_software(struct tell *t, struct yg_err *err)
{
    const struct yg_asset *a = t->told;
    struct yg_software_row *old = NULL;
    size_t count = 0;
    enum yg_status st = yg_asset_software(t->d, &(struct yg_asset_at){ t->number, 0 },
                                          t->arena, &old, &count, err);
    bool *kept = yg_arena_zalloc(t->arena, a->software_count + 1);

    if (st == YG_OK && !kept)
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < count; i++) {
        bool stays = false;
        for (size_t k = 0; k < a->software_count; k++)
            if (same_software(&old[i].v, &a->software[k]))
                stays = kept[k] = true;
        if (!stays)
            st = yg_desk_run(t->d, YG_DQ_SOFTWARE_END,
                             YG_ARGS(YG_INT(old[i].id), YG_INT(t->now)), err);
    }
    for (size_t k = 0; st == YG_OK && k < a->software_count; k++) {
        for (size_t i = 0; i < k && !kept[k]; i++) /* told twice */
            kept[k] = same_software(&a->software[i], &a->software[k]);
        if (!kept[k])
            st = add_software(t, &a->software[k], err);
    }
    return st;
}

/* ---- findings --------------------------------------------------------------------- */

static enum yg_status add_finding(struct tell *t, const struct yg_finding *f,
                                  struct yg_err *err)
{
    return yg_desk_run(t->d, YG_DQ_FINDING_ADD,
                       YG_ARGS(YG_INT(t->number), YG_TEXT(yg_str_of(f->cve)),
                               YG_TEXT(f->scanner), YG_INT(f->state), YG_TEXT(f->why),
                               YG_TEXT(f->severity), YG_INT(f->seen_ns), YG_INT(t->now)),
                       err);
}

static bool same_matter(const struct yg_finding *a, const struct yg_finding *b)
{
    return strcmp(a->cve, b->cve) == 0 && yg_str_eq(a->scanner, b->scanner);
}

struct in_force {
    struct yg_finding_row *row;
    size_t count;
};

/* What the same scanner said before of the same CVE ends. What is older than that is
 * passed over: a report that was found late. */
static enum yg_status tell_finding(struct tell *t, const struct yg_finding *f,
                                   const struct in_force *old, struct yg_err *err)
{
    for (size_t i = 0; i < old->count; i++) {
        const struct yg_finding *o = &old->row[i].v;
        if (!same_matter(o, f))
            continue;
        if (f->seen_ns < o->seen_ns)
            return YG_OK;
        if (o->state == f->state && yg_str_eq(o->why, f->why) &&
            yg_str_eq(o->severity, f->severity))
            return yg_desk_run(t->d, YG_DQ_FINDING_SEEN,
                               YG_ARGS(YG_INT(old->row[i].id), YG_INT(f->seen_ns)), err);
        enum yg_status st =
            yg_desk_run(t->d, YG_DQ_FINDING_END,
                        YG_ARGS(YG_INT(old->row[i].id), YG_INT(t->now)), err);
        if (st != YG_OK)
            return st;
    }
    return add_finding(t, f, err);
}

/* As they are kept: CVEs in one spelling, of the same matter the last one. */
static size_t tidy(const struct tell *t, struct yg_finding *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->told->findings; i++) {
        struct yg_finding f = t->told->finding[i];
        size_t at = 0;
        YG_ASSERT(yg_cve_of(yg_str_of(t->told->finding[i].cve), f.cve)); /* checked */
        if (f.seen_ns <= 0 || f.seen_ns > t->now)
            f.seen_ns = t->now;
        while (at < n && !same_matter(&out[at], &f))
            at++;
        n += at == n;
        out[at] = f;
    }
    return n;
}

static enum yg_status tell_findings(struct tell *t, struct yg_err *err)
{
    struct yg_finding *f = yg_arena_alloc(t->arena, t->told->findings * sizeof(*f));
    struct in_force old = { .count = 0 };

    if (!f)
        return yg_desk_nomem(err);
    enum yg_status st = yg_asset_findings(t->d, &(struct yg_asset_at){ t->number, 0 },
                                          t->arena, &old.row, &old.count, err);
    const size_t n = tidy(t, f);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        st = tell_finding(t, &f[i], &old, err);
    if (st != YG_OK)
        return st;
    st = yg_asset_findings(t->d, &(struct yg_asset_at){ t->number, 0 }, t->arena,
                           &old.row, &old.count, err);
    return st == YG_OK && old.count >= YG_ASSET_FINDINGS_MAX
               ? yg_err_set(err, YG_ELIMIT, "an asset has fewer than %d findings",
                            YG_ASSET_FINDINGS_MAX)
               : st;
}

/* ---- all of it -------------------------------------------------------------------- */

static enum yg_status tell(struct tell *t, struct yg_err *err)
{
    const struct yg_str net = { (const char *)t->subject.net, t->subject.net_size };
    int64_t number = 0;
    enum yg_status st =
        yg_desk_number(t->d, YG_DQ_ASSET_ADD,
                       YG_ARGS(YG_TEXT(t->told->tenant),
                               YG_TEXT(yg_str_of(t->subject.text)), YG_BLOB(net)),
                       &number, err);

    t->number = (uint64_t)number;
    if (st == YG_OK)
        st = tell_fact(t, err);
    if (st == YG_OK && t->told->software)
        st = tell_software(t, err);
    if (st == YG_OK && t->told->findings > 0)
        st = tell_findings(t, err);
    return st;
}

static enum yg_status caps(struct yg_desk *d, struct yg_str tenant, struct yg_err *err)
{
    static const enum yg_desk_query total[] = { YG_DQ_FACT_TOTAL, YG_DQ_SOFTWARE_TOTAL,
                                                YG_DQ_FINDING_TOTAL };
    enum yg_status st = yg_desk_room(d, YG_DQ_ASSET_COUNT, YG_ARGS(YG_TEXT(tenant)),
                                     YG_ASSETS_MAX + 1, "assets of this tenant", err);

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(total); i++)
        st = yg_desk_room(d, total[i], NULL, YG_ASSET_ROWS_MAX + 1, "facts of assets",
                          err);
    return st;
}

static enum yg_status sweep(struct yg_desk *d, int64_t now, struct yg_err *err)
{
    static const enum yg_desk_query old[] = { YG_DQ_FACT_OLD, YG_DQ_SOFTWARE_OLD,
                                              YG_DQ_FINDING_OLD, YG_DQ_ASSET_OLD };
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(old); i++)
        st = yg_desk_run(d, old[i],
                         YG_ARGS(YG_INT(now - YG_ASSET_KEPT_NS), YG_INT(SWEPT)), err);
    return st;
}

/* In a transaction. */
static enum yg_status tell_all(struct tell *t, const struct yg_asset_told *told,
                               size_t *at, struct yg_err *err)
{
    enum yg_status st = sweep(t->d, t->now, err);

    for (size_t i = 0; st == YG_OK && i < told->count; i++) {
        yg_arena_clear(t->arena);
        *at = i;
        t->told = &told->row[i];
        st = yg_asset_check(t->told, err);
        if (st == YG_OK && yg_subject_read(t->told->subject, &t->subject))
            st = YG_EINVAL; /* it was read before */
        if (st == YG_OK)
            st = tell(t, err);
        /* a list is of one tenant mostly: looked at when it changes */
        if (st == YG_OK && (i + 1 == told->count ||
                            !yg_str_eq(told->row[i + 1].tenant, t->told->tenant)))
            st = caps(t->d, t->told->tenant, err);
    }
    return st;
}

static enum yg_status put(struct yg_desk *d, const struct yg_desk_by *by,
                          const struct yg_asset_told *told, size_t *at, uint64_t *number,
                          struct yg_err *err)
{
    struct yg_arena arena;
    struct tell t = { .d = d, .by = by, .now = yg_desk_now(d), .arena = &arena };
    enum yg_status st = YG_OK;

    *at = 0;
    for (size_t i = 0; st == YG_OK && i < told->count; i++) {
        *at = i;
        st = yg_desk_tenant(by, told->row[i].tenant, err);
    }
    if (st != YG_OK)
        return st;
    yg_arena_init(&arena, (size_t)16 << 20);
    st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, tell_all(&t, told, at, err), err);
    yg_arena_fini(&arena);
    if (st == YG_OK)
        *number = t.number;
    return st;
}

enum yg_status yg_asset_put_all(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_asset_told *told, size_t *at,
                                struct yg_err *err)
{
    uint64_t last = 0;

    return put(d, by, told, at, &last, err);
}

enum yg_status yg_asset_put(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_asset *a, uint64_t *number,
                            struct yg_err *err)
{
    const struct yg_asset_told one = { a, 1 };
    size_t at;

    return put(d, by, &one, &at, number, err);
}

static enum yg_status end(struct yg_desk *d, const struct yg_desk_by *by, uint64_t number,
                          struct yg_arena *arena, struct yg_err *err)
{
    static const enum yg_desk_query parts[] = { YG_DQ_FACT_END, YG_DQ_SOFTWARE_END_ALL,
                                                YG_DQ_FINDING_END_ALL, YG_DQ_ASSET_GONE };
    const int64_t now = yg_desk_now(d);
    struct yg_asset a;
    enum yg_status st = yg_asset_row(d, number, yg_asset_when(0), arena, &a, err);

    if (st == YG_OK && !yg_scope_has(by->scope, a.tenant))
        return yg_desk_none("asset", err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(parts); i++)
        st = yg_desk_run(d, parts[i], YG_ARGS(YG_INT(number), YG_INT(now)), err);
    return st;
}

enum yg_status yg_asset_remove(struct yg_desk *d, const struct yg_desk_by *by,
                               uint64_t number, struct yg_err *err)
{
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)64 << 10);
    enum yg_status st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, end(d, by, number, &arena, err), err);
    yg_arena_fini(&arena);
    return st;
}
