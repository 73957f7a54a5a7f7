/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#define MOMENT_NS INT64_C(1000)

bool yg_judge_is_of_victim(unsigned kind)
{
    return kind == YG_INTENT_FETCH || kind == YG_INTENT_CALLBACK ||
           kind == YG_INTENT_TUNNEL;
}

static bool is_own(const struct yg_judging *j, uint32_t exchange)
{
    return exchange >= j->own_first && exchange <= j->own_last;
}

void yg_judge_focus(struct yg_judging *j, int64_t alert_ns)
{
    const struct yg_talk *t = j->talk[j->main];
    uint32_t first = 0, last = t->exchanges ? t->exchanges - 1 : 0;
    bool tries = false;

    j->focus_first = 0;
    j->focus_last = last;
    if (alert_ns == 0 || t->exchanges < 2 || t->exchange[0].ask_ns == 0)
        return;
    for (uint32_t i = 0; i < t->exchanges; i++) {
        if (t->exchange[i].ask_ns < alert_ns - MOMENT_NS)
            first = i;
        if (t->exchange[i].ask_ns <= alert_ns + MOMENT_NS)
            last = i;
        if (t->exchange[i].ask_ns > alert_ns + MOMENT_NS) {
            last = i > 0 ? i - 1 : 0;
            break;
        }
    }
    j->timed = true;
    j->own_first = first;
    j->own_last = last > first ? last : first;
    for (uint8_t k = 0; k < j->out->intents; k++)
        tries |= is_own(j, j->out->intent[k].exchange);
    if (!tries && j->out->intents > 0)
        return;
    j->focus_first = j->own_first;
    j->focus_last = j->own_last;
}

/* For whom a proxy asks, as it says; nothing when it says nothing. */
static struct yg_str sender_of(const struct yg_exchange *x)
{
    static const char *const name[] = { "forwarded",      "x-forwarded-for",
                                        "x-real-ip",      "x-client-ip",
                                        "true-client-ip", "cf-connecting-ip" };
    struct yg_str head = x->head;

    (void)yg_str_cut(&head, '\n'); /* the request line */
    while (head.p) {
        struct yg_str value = yg_str_cut(&head, '\n');
        struct yg_str is = yg_str_cut(&value, ':');
        for (size_t i = 0; i < YG_ARRAY_LEN(name) && value.p; i++)
            if (yg_str_eq_nocase(is, yg_str_of(name[i])))
                return yg_str_trim(value);
    }
    return YG_STR_NONE;
}

/* Do two questions of one conversation come from one actor and go to one host? */
static bool same_party(const struct yg_exchange *a, const struct yg_exchange *b)
{
    if (a->app != YG_APP_HTTP || b->app != YG_APP_HTTP)
        return true;
    if (a->host.n > 0 && b->host.n > 0 && !yg_str_eq_nocase(a->host, b->host))
        return false;
    return yg_str_eq(sender_of(a), sender_of(b));
}

/* Is the victim of what this exchange tries the one of what the alert's own tries? */
static bool same_victim(const struct yg_judging *j, uint32_t exchange)
{
    bool attack = false, same = false;

    for (uint8_t k = 0; k < j->out->intents; k++)
        attack |= is_own(j, j->out->intent[k].exchange) &&
                  !yg_judge_is_of_victim(j->out->intent[k].kind);
    for (uint8_t k = 0; k < j->out->intents; k++)
        same |= j->out->intent[k].exchange == exchange &&
                yg_judge_is_of_victim(j->out->intent[k].kind) == !attack;
    return same && attack == !j->client_is_victim;
}

static bool is_of_session(const struct yg_judging *j, uint32_t exchange)
{
    const struct yg_exchange *x = &j->talk[j->main]->exchange[exchange];
    const struct yg_exchange *own = &j->talk[j->main]->exchange[j->own_last];

    return !is_own(j, exchange) && same_victim(j, exchange) &&
           x->ask_ns - own->ask_ns <= YG_LATER_NS && same_party(x, own);
}

bool yg_judge_in_focus(const struct yg_judging *j, uint32_t exchange)
{
    const struct yg_exchange *x = j->talk[j->main]->exchange;

    if (j->session)
        return is_of_session(j, exchange);
    if (exchange < j->focus_first || exchange > j->focus_last)
        return false;
    return !j->timed || is_own(j, exchange) || same_party(&x[exchange], &x[j->own_last]);
}

bool yg_judge_session(struct yg_judging *j)
{
    const struct yg_talk *t = j->talk[j->main];
    int64_t from_ns = 0;

    /* all are judged already when the focus is wider than the alert's own */
    if (!j->timed || j->focus_first != j->own_first || j->focus_last != j->own_last)
        return false;
    for (uint8_t k = 0; k < j->out->intents; k++) {
        uint32_t i = j->out->intent[k].exchange;
        if (is_of_session(j, i) && (from_ns == 0 || t->exchange[i].ask_ns < from_ns))
            from_ns = t->exchange[i].ask_ns;
    }
    if (from_ns == 0)
        return false;
    j->session = true;
    j->from_ns = from_ns;
    return true;
}

unsigned yg_judge_when(const struct yg_judging *j, uint32_t talk, int64_t time_ns)
{
    const struct yg_talk *t = j->talk[j->main];
    bool wide =
        j->session || j->focus_first < j->own_first || j->focus_last > j->own_last;

    if (!j->timed || !wide || time_ns == 0 || (!j->session && (int)talk != j->main))
        return YG_WHEN_OWN;
    if (time_ns < t->exchange[j->own_first].ask_ns)
        return YG_WHEN_EARLIER;
    if (j->session || (j->own_last + 1 < t->exchanges &&
                       time_ns >= t->exchange[j->own_last + 1].ask_ns))
        return YG_WHEN_LATER;
    return YG_WHEN_OWN;
}
