/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules the certificate in force speaks of, and which an audit refuted. */
#include "pipeline/guard_priv.h"
#include "pipeline/rulebook.h"
#include "pipeline/thinning.h"

/* What the rule at fault does not do any more: those of the list with its digest. */
static void refute(struct yg_guard *g, struct yg_guard_tenant *t,
                   const struct yg_rulebook_entry *e)
{
    unsigned char digest[YG_DIGEST_SIZE];

    for (uint32_t i = 0; e && i < g->opt.rules->count; i++) {
        if (!(t->proved[i / 64] >> (i % 64) & 1))
            continue;
        yg_closing_digest(&g->opt.rules->rule[i], digest);
        if (memcmp(digest, e->digest, sizeof(digest)) == 0)
            t->proved[i / 64] &= ~((uint64_t)1 << (i % 64));
    }
}

/* A run that would have closed under this certificate, and people said what it is. */
static bool is_judged(const struct yg_guard_tenant *t, const struct yg_audit *a)
{
    return a->kind == YG_AUDIT_COIN && a->state != YG_AUDIT_VOID &&
           memcmp(a->certificate, t->digest, YG_DIGEST_SIZE) == 0 &&
           yg_audit_level(a) < YG_LEVEL_COUNT;
}

static bool is_missed(const struct yg_guard *g, const struct yg_guard_tenant *t,
                      const struct yg_audit *a)
{
    return is_judged(t, a) && yg_audit_level(a) >= g->rules.protect;
}

/* The rule that the alert of an audit was to be closed by; NULL: none, or it is gone. */
static enum yg_status rule_of(struct yg_guard *g, const struct yg_rulebook *book,
                              const struct yg_audit *a, uint16_t *number,
                              struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_store_record rec;
    struct yg_arena arena;
    struct yg_str tenant;

    *number = 0;
    yg_hex(a->alert, YG_ID_SIZE, hex);
    yg_arena_init(&arena, (size_t)16 << 20);
    enum yg_status st =
        yg_store_get(g->opt.store, yg_str_of(hex), &arena, &rec, &tenant, err);
    if (st == YG_OK && yg_rulebook_get(book, rec.rule))
        *number = rec.rule;
    yg_arena_fini(&arena);
    return st == YG_ENOTFOUND || st == YG_ECORRUPT ? YG_OK : st;
}

bool yg_guard_has_rules(const struct yg_guard *g, const struct yg_guard_tenant *t)
{
    return g->opt.rules && g->opt.rules->count > 0 && t->ground != YG_GROUND_ESTIMATE &&
           yg_certificate_has_rules(&t->certificate);
}

enum yg_status yg_guard_rules_of(struct yg_guard *g, struct yg_guard_tenant *t,
                                 const struct yg_guard_view *v, struct yg_err *err)
{
    struct yg_rulebook book;
    uint32_t all = 0;

    memset(t->proved, 0, sizeof(t->proved));
    if (!yg_guard_has_rules(g, t))
        return YG_OK;
    enum yg_status st = yg_rulebook_in_set(g->opt.store, t->certificate.rules,
                                           g->opt.rules, t->proved, &all, err);
    if (st != YG_OK || all == 0)
        return st;
    st = yg_rulebook_open(g->opt.store, NULL, &book, err);
    for (size_t i = 0; st == YG_OK && i < v->audits; i++) {
        uint16_t number;
        if (!is_missed(g, t, &v->audit[i]))
            continue;
        st = rule_of(g, &book, &v->audit[i], &number, err);
        if (st == YG_OK)
            refute(g, t, yg_rulebook_get(&book, number));
    }
    yg_rulebook_close(&book);
    return st;
}

bool yg_guard_proves(struct yg_guard *g, struct yg_str tenant, uint32_t rule)
{
    struct yg_guard_tenant *t;
    struct yg_err none = { 0 };

    return rule < YG_THIN_RULES && yg_guard_tenant(g, tenant, &t, &none) == YG_OK &&
           (t->proved[rule / 64] >> (rule % 64) & 1);
}

/* ---- what people see ----------------------------------------------------------------
 */

struct listed {
    struct yg_guard_rule *v; /* room for all of the book */
    size_t n;
};

static struct yg_guard_rule *one_of(struct listed *l, uint16_t number)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].number == number)
            return &l->v[i];
    l->v[l->n] = (struct yg_guard_rule){ .number = number, .proved = true };
    return &l->v[l->n++];
}

static enum yg_status put_names(struct yg_guard *g, struct yg_str tenant,
                                const struct yg_rulebook *book, struct yg_arena *arena,
                                struct listed *l, struct yg_err *err)
{
    struct yg_thin_tally tally;
    enum yg_status st = yg_thin_tally_init(&tally);

    if (st == YG_OK)
        st = yg_thinning_read(g->opt.store, &tally, err);
    else
        st = yg_err_set(err, st, "no memory for the counts of rules");
    for (size_t i = 0; st == YG_OK && i < l->n; i++) {
        const struct yg_rulebook_entry *e = yg_rulebook_get(book, l->v[i].number);
        l->v[i].name = yg_arena_str(arena, e->name);
        l->v[i].says = yg_arena_str(arena, e->says);
        for (uint32_t k = 0; k < tally.rows; k++)
            if (yg_str_eq(tally.row[k].tenant, tenant) &&
                yg_str_eq(tally.row[k].rule, e->name))
                l->v[i].closed += tally.row[k].closed;
    }
    yg_thin_tally_fini(&tally);
    return st;
}

enum yg_status yg_guard_rules_audited(struct yg_guard *g, struct yg_str tenant,
                                      struct yg_arena *arena, struct yg_guard_rule **out,
                                      size_t *count, struct yg_err *err)
{
    struct yg_guard_tenant *t;
    struct yg_guard_view v = { .audits = 0 };
    struct yg_rulebook book;
    struct listed l = { NULL, 0 };

    *count = 0;
    enum yg_status st = yg_rulebook_open(g->opt.store, NULL, &book, err);
    if (st == YG_OK && book.count > 0)
        st = yg_guard_tenant(g, tenant, &t, err);
    if (st == YG_OK && book.count > 0 && t->ground != YG_GROUND_ESTIMATE)
        st = yg_guard_view(g, t, arena, &v, err);
    l.v = yg_arena_zalloc(arena, (book.count + 1) * sizeof(*l.v));
    if (st == YG_OK && !l.v)
        st = yg_err_set(err, YG_ENOMEM, "no memory for the rules");
    for (size_t i = 0; st == YG_OK && i < v.audits; i++) {
        uint16_t number = 0;
        if (is_judged(t, &v.audit[i]))
            st = rule_of(g, &book, &v.audit[i], &number, err);
        if (st != YG_OK || number == 0)
            continue;
        struct yg_guard_rule *r = one_of(&l, number);
        r->audits++;
        r->missed += is_missed(g, t, &v.audit[i]);
        r->proved = r->missed == 0;
    }
    if (st == YG_OK)
        st = put_names(g, tenant, &book, arena, &l, err);
    if (st == YG_OK) {
        *out = l.v;
        *count = l.n;
    }
    yg_rulebook_close(&book);
    return st;
}
