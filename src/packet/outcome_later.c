/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#include "event/ip.h"
#include "packet/filekind.h"

#include <math.h>

#define BEACON_MIN  5
#define BEACON_MAX  64
#define BEACON_CV   0.2
#define BEACON_GAP  1.0 /* seconds; faster is a page being loaded */
#define TUNNEL_BACK 256 /* bytes that came back inside of names' answers */

/* Had `from` spoken to `to` before it began? Then that it does so again tells nothing. */
static bool knew(const struct yg_judging *j, const unsigned char *from,
                 const unsigned char *to)
{
    for (uint32_t k = 0; k < j->talks; k++) {
        const struct yg_talk *t = j->talk[k];
        if ((int)k != j->main && t->first_ns < j->from_ns &&
            yg_same_ip(t->client, from) && yg_same_ip(t->server, to))
            return true;
    }
    return false;
}

static struct yg_mark_at start_of(const struct yg_judging *j, uint32_t k)
{
    const struct yg_talk *t = j->talk[k];

    return (struct yg_mark_at){
        .talk = k,
        .len = (uint32_t)yg_sub(t->side[YG_TO_SERVER].bytes, 0, 160).n,
        .time_ns = t->first_ns,
    };
}

static void to_attacker(struct yg_judging *j, uint32_t k)
{
    const struct yg_talk *t = j->talk[k];
    const struct yg_talk *m = j->talk[j->main];
    /* the data connection of active FTP, and ident, are begun by servers in honesty */
    bool honest = m->app == YG_APP_FTP || t->server_port == 113;

    if (honest || t->proto != YG_IP_TCP || !t->accepted || !t->from_start ||
        j->client_is_victim || !yg_same_ip(t->server, j->attacker) ||
        yg_same_ip(j->victim, j->attacker) || knew(j, j->victim, j->attacker))
        return;
    struct yg_mark_at at = start_of(j, k);
    yg_judge_mark(j, YG_M_TO_ATTACKER, &at, yg_sub(t->side[YG_TO_SERVER].bytes, 0, 160));
}

static void fetched(struct yg_judging *j, uint32_t k)
{
    const struct yg_talk *t = j->talk[k];

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        if (x->answer != YG_ANSWER_OK || x->answer_body.n == 0 ||
            x->ask_ns - j->from_ns > YG_LATER_NS || x->asker != YG_TO_SERVER)
            continue;
        unsigned kind = yg_file_kind_answered(x);
        bool program = kind == YG_FILE_PE || kind == YG_FILE_ELF ||
                       kind == YG_FILE_MACHO || kind == YG_FILE_SCRIPT;
        /* scripts are what pages are made of: only for a server is one a program */
        if (!program || (kind == YG_FILE_SCRIPT && j->client_is_victim))
            continue;
        struct yg_mark_at at = { .talk = k,
                                 .at = x->answer_at,
                                 .len = x->answer_len,
                                 .side = YG_TO_CLIENT,
                                 .time_ns = x->answer_ns };
        yg_judge_mark(j, YG_M_FETCHED_PROGRAM, &at, yg_sub(x->answer_body, 0, 64));
        return;
    }
}

/* Logons and remote execution from the victim on a third machine. */
static void lateral(struct yg_judging *j, uint32_t k)
{
    const struct yg_talk *t = j->talk[k];
    uint32_t asks = YG_XF_LOGIN | YG_XF_EXEC | YG_XF_ADMIN;

    if ((t->app != YG_APP_SMB && t->app != YG_APP_DCERPC && t->app != YG_APP_RDP) ||
        yg_same_ip(t->server, j->attacker) || knew(j, j->victim, t->server))
        return;
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        if (!(x->flags & asks) || x->answer != YG_ANSWER_OK)
            continue;
        struct yg_mark_at at = {
            .talk = k, .at = x->ask_at, .len = x->ask_len, .time_ns = x->ask_ns
        };
        yg_judge_mark(j, YG_M_LATERAL, &at, x->target.n ? x->target : x->verb);
        return;
    }
}

/* Are these moments evenly apart? */
static bool regular(const int64_t *ns, uint32_t n)
{
    double sum = 0, square = 0;

    if (n < BEACON_MIN)
        return false;
    for (uint32_t i = 1; i < n; i++) {
        double gap = (double)(ns[i] - ns[i - 1]) / 1e9;
        sum += gap;
        square += gap * gap;
    }
    double count = n - 1, mean = sum / count;
    double variance = square / count - mean * mean;
    return mean >= BEACON_GAP && sqrt(variance > 0 ? variance : 0) < BEACON_CV * mean;
}

static void beacon_to(struct yg_judging *j, uint32_t first)
{
    const struct yg_talk *t = j->talk[first];
    int64_t ns[BEACON_MAX];
    uint32_t n = 0;

    for (uint32_t k = first; k < j->talks && n < BEACON_MAX; k++) {
        const struct yg_talk *o = j->talk[k];
        if (o->proto == YG_IP_TCP && o->server_port == t->server_port &&
            yg_same_ip(o->client, t->client) && yg_same_ip(o->server, t->server))
            ns[n++] = o->first_ns;
    }
    if (n < BEACON_MIN)
        for (uint32_t i = n = 0; i < t->exchanges && n < BEACON_MAX; i++)
            ns[n++] = t->exchange[i].ask_ns;
    if (!regular(ns, n))
        return;
    struct yg_mark_at at = start_of(j, first);
    yg_judge_mark(j, YG_M_BEACON, &at, yg_sub(t->side[YG_TO_SERVER].bytes, 0, 160));
}

/* The first conversation to the place where `k` goes. */
static bool is_first(const struct yg_judging *j, uint32_t k)
{
    const struct yg_talk *t = j->talk[k];

    for (uint32_t i = 0; i < k; i++)
        if (j->talk[i]->server_port == t->server_port &&
            yg_same_ip(j->talk[i]->client, t->client) &&
            yg_same_ip(j->talk[i]->server, t->server))
            return false;
    return true;
}

static void beacons(struct yg_judging *j)
{
    const struct yg_talk *m = j->talk[j->main];

    for (uint32_t k = 0; k < j->talks; k++) {
        const struct yg_talk *t = j->talk[k];
        bool of_main = !j->server_is_victim && yg_same_ip(t->client, m->client) &&
                       yg_same_ip(t->server, m->server) &&
                       t->server_port == m->server_port;
        bool of_victim = !j->client_is_victim && yg_same_ip(t->client, j->victim) &&
                         t->first_ns >= j->from_ns;
        if (t->proto == YG_IP_TCP && (of_main || of_victim) && is_first(j, k))
            beacon_to(j, k);
    }
}

/* An answer to an echo that is not the echo. */
static bool echoes_differ(const struct yg_talk *t)
{
    const struct yg_side *a = &t->side[YG_TO_SERVER], *b = &t->side[YG_TO_CLIENT];
    uint32_t n = a->segments < b->segments ? a->segments : b->segments, differ = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct yg_str x = yg_sub(a->bytes, a->segment[i].at,
                                 (size_t)a->segment[i].at + a->segment[i].len);
        struct yg_str y = yg_sub(b->bytes, b->segment[i].at,
                                 (size_t)b->segment[i].at + b->segment[i].len);
        differ += y.n > 16 && !yg_str_eq(x, y);
    }
    return differ >= 3;
}

static void tunnel(struct yg_judging *j)
{
    const struct yg_talk *t = j->talk[j->main];
    const struct yg_intent *in = yg_judge_intent(j, YG_INTENT_TUNNEL);
    struct yg_mark_at at = start_of(j, (uint32_t)j->main);
    uint64_t back = 0;

    if (!in)
        return;
    for (uint32_t i = 0; i < t->exchanges; i++) {
        bool carries = yg_str_eq_nocase(t->exchange[i].verb, YG_STR("TXT")) ||
                       yg_str_eq_nocase(t->exchange[i].verb, YG_STR("NULL")) ||
                       yg_str_eq_nocase(t->exchange[i].verb, YG_STR("CNAME")) ||
                       yg_str_eq_nocase(t->exchange[i].verb, YG_STR("MX"));
        if (carries && t->exchange[i].answer == YG_ANSWER_OK)
            back += t->exchange[i].answer_body.n;
    }
    if (back >= TUNNEL_BACK || (t->exchanges == 0 && echoes_differ(t)))
        yg_judge_mark(j, YG_M_TUNNELLED, &at, in->text);
}

void yg_judge_after(struct yg_judging *j)
{
    yg_judge_chain(j);
    for (uint32_t k = 0; k < j->talks; k++) {
        const struct yg_talk *t = j->talk[k];
        if ((int)k == j->main || !yg_same_ip(t->client, j->victim) ||
            t->first_ns < j->from_ns)
            continue;
        to_attacker(j, k);
        fetched(j, k);
        lateral(j, k);
    }
    beacons(j);
    tunnel(j);
}
