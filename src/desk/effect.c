/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/effect.h"

#include "base/buf.h"
#include "desk/desk_priv.h"

#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

const char *yg_effect_name(unsigned kind)
{
    static const char *const name[] = {
#define X(id, name) name,
        YG_EFFECTS(X)
#undef X
    };
    return kind < YG_EFFECT_COUNT ? name[kind] : "?";
}

/* ---- what the rule names ---------------------------------------------------------- */

struct cves {
    char (*out)[YG_CVE_TEXT];
    size_t count;
    bool more;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool word_char(char c)
{
    return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static void keep(struct cves *c, struct yg_str text)
{
    char cve[YG_CVE_TEXT];

    if (!yg_cve_of(text, cve))
        return;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->out[i], cve) == 0)
            return;
    if (c->count == YG_EFFECT_CVES)
        c->more = true;
    else
        memcpy(c->out[c->count++], cve, YG_CVE_TEXT);
}

/* CVE-2021-44228, CVE_2021_44228, cve,2021-44228 as words of their own. */
static void scan(struct cves *c, struct yg_str s)
{
    const size_t head = sizeof("CVE-2021-") - 1;

    for (size_t i = 0; i + head < s.n; i++) {
        if (!yg_str_may_start(s.p[i], 'c') || (i > 0 && word_char(s.p[i - 1])))
            continue;
        size_t to = i + head;
        while (to < s.n && to - i < YG_CVE_TEXT && digit(s.p[to]))
            to++;
        if (to == s.n || !word_char(s.p[to]))
            keep(c, (struct yg_str){ s.p + i, to - i });
    }
}

size_t yg_effect_cves(const struct yg_batch *b, const struct yg_event *e,
                      char out[YG_EFFECT_CVES][YG_CVE_TEXT], bool *more)
{
    /* the rule's own words, not what an attacker can write */
    static const enum yg_field field[] = { YG_F_VULNERABILITY, YG_F_RULE_NAME,
                                           YG_F_RULE_GROUPS, YG_F_RULE_CATEGORY };
    struct cves c = { .out = out };

    for (size_t i = 0; i < YG_ARRAY_LEN(field); i++)
        scan(&c, yg_event_str(b, e, field[i]));
    *more = c.more;
    return c.count;
}

/* ---- what is known of them -------------------------------------------------------- */

enum known { NOTHING, VULNERABLE, UNDECIDED, STALE, SAFE };

struct known_of {
    enum known is;
    const struct yg_finding *by; /* the one that says so */
};

/* Of all scanners: one that says vulnerable is believed before all others. */
static struct known_of look(const struct yg_asset *a, const char *cve, int64_t now_ns)
{
    struct known_of k = { NOTHING, NULL };

    for (size_t i = 0; i < a->findings; i++) {
        const struct yg_finding *f = &a->finding[i];
        if (strcmp(f->cve, cve) != 0)
            continue;
        enum known is =
            f->state == YG_FINDING_VULNERABLE ? VULNERABLE
            : f->state != YG_FINDING_FIXED && f->state != YG_FINDING_NOT_AFFECTED
                ? UNDECIDED
            : now_ns - f->seen_ns > YG_ASSET_FRESH_NS ? STALE
                                                      : SAFE;
        bool better =
            k.is == NOTHING || is < k.is || (is == k.is && f->seen_ns > k.by->seen_ns);
        if (better)
            k = (struct known_of){ is, f };
    }
    return k;
}

static void age(struct yg_buf *out, int64_t now_ns, int64_t then_ns)
{
    const int64_t days = now_ns > then_ns ? (now_ns - then_ns) / DAY_NS : 0;

    if (days == 0)
        yg_buf_printf(out, "less than a day ago");
    else
        yg_buf_printf(out, "%lld day%s ago", (long long)days, days == 1 ? "" : "s");
}

static void who_says(struct yg_buf *why, const struct known_of *k, int64_t now_ns)
{
    yg_buf_str_add(why, k->by->scanner);
    yg_buf_printf(why, ", ");
    age(why, now_ns, k->by->seen_ns);
    if (k->by->why.n > 0) {
        yg_buf_printf(why, ": ");
        yg_buf_str_add(why, k->by->why);
    }
}

struct sum {
    size_t count[SAFE + 1];
    struct known_of first[SAFE + 1]; /* of each kind */
    size_t which[SAFE + 1];
    int64_t oldest_ns;
};

static void add_up(struct yg_desk_effect *e, const struct yg_asset *a, int64_t now_ns,
                   struct sum *s)
{
    *s = (struct sum){ .oldest_ns = 0 };
    for (size_t i = 0; i < e->cves; i++) {
        const struct known_of k = look(a, e->cve[i], now_ns);
        if (s->count[k.is]++ == 0) {
            s->first[k.is] = k;
            s->which[k.is] = i;
        }
        if (k.by && (s->oldest_ns == 0 || k.by->seen_ns < s->oldest_ns))
            s->oldest_ns = k.by->seen_ns;
    }
}

/* Of an asset that is known and a rule that names CVEs. */
static void weigh(struct yg_desk_effect *e, const struct yg_asset *a, bool more,
                  int64_t now_ns, struct yg_buf *why)
{
    static const char *const text[] = {
        [NOTHING] = "no scanner has said anything of it",
        [UNDECIDED] = "it is not decided whether it is affected",
        [STALE] = "what says that it is not vulnerable is too old to count",
    };
    struct sum s;

    add_up(e, a, now_ns, &s);
    e->seen_ns = s.oldest_ns;
    if (s.count[VULNERABLE] > 0) {
        e->kind = YG_EFFECT_MAY;
        e->seen_ns = s.first[VULNERABLE].by->seen_ns;
        yg_buf_printf(why, " is vulnerable to %s (", e->cve[s.which[VULNERABLE]]);
        who_says(why, &s.first[VULNERABLE], now_ns);
        yg_buf_printf(why, ")");
        return;
    }
    if (s.count[SAFE] == e->cves && !more && !a->network) {
        e->kind = YG_EFFECT_CANNOT;
        yg_buf_printf(why, " is not vulnerable to %s%s: %s (", e->cve[0],
                      e->cves > 1 ? " and the others the rule names" : "",
                      yg_finding_state_name(s.first[SAFE].by->state));
        who_says(why, &s.first[SAFE], now_ns);
        yg_buf_printf(why, ")");
        return;
    }
    for (enum known k = NOTHING; k < SAFE; k++) {
        if (s.count[k] == 0)
            continue;
        yg_buf_printf(why, ", %s: %s", e->cve[s.which[k]], text[k]);
        return;
    }
    yg_buf_printf(why, more ? ": the rule names more CVEs than are looked at"
                            : ": only a network is known there, not the machine");
}

enum yg_status yg_effect_of(const struct yg_desk_alert *alert,
                            const struct yg_asset *target, int64_t now_ns,
                            struct yg_arena *arena, struct yg_desk_effect *out,
                            struct yg_err *err)
{
    struct yg_desk_effect e = { .kind = YG_EFFECT_UNKNOWN };
    struct yg_buf why;
    bool more;

    e.cve = yg_arena_zalloc(arena, YG_EFFECT_CVES * sizeof(*e.cve));
    if (!e.cve)
        return yg_desk_nomem(err);
    e.cves = yg_effect_cves(alert->batch, alert->event, e.cve, &more);
    yg_buf_init(&why, 8192);
    if (!target) {
        yg_buf_printf(&why, "No asset is known at the alert's target");
    } else {
        yg_buf_str_add(&why, target->subject);
        if (e.cves == 0)
            yg_buf_printf(&why, " is known, but the rule names no CVE");
        else
            weigh(&e, target, more, now_ns, &why);
    }
    yg_buf_char(&why, '.');
    e.why = yg_arena_str(arena, yg_buf_str(&why));
    yg_buf_fini(&why);
    if (!e.why.p)
        return yg_desk_nomem(err);
    *out = e;
    return YG_OK;
}
