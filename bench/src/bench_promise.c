/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_promise - what would the live audit have drawn, and when would it have stopped?
 *
 * Reads one line a closed run, tab-separated, in the order in which they closed: stratum,
 * time of its first closed alert (ns), time of its end (ns), entity, run (any two texts),
 * 1 if a closed alert of it was protected. Tosses the shipped coin with the shipped
 * budget and feeds the shipped bets with what a person finds who judges each drawn run as
 * it ends; at most one drawn run an entity and day counts. Many secrets are tried,
 * because one toss of the coin says little. Writes one JSON line a (stratum, secret).
 *
 *   bench_promise BETA BUDGET SECRETS < runs
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "policy/betting.h"
#include "policy/coin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS   (86400 * YG_NS_PER_S)
#define PATIENCE 10000.0
#define DELTA    0.05

struct run {
    char stratum[128];
    int64_t close_ns, end_ns;
    uint64_t entity;
    unsigned char id[YG_ID_SIZE];
    bool missed;
    double weight; /* of the draw; 0: not drawn, or not the first of its entity and day */
};

struct runs {
    struct run *v;
    size_t n, size;
};

static bool read_run(char *line, struct run *r)
{
    struct yg_str rest = yg_str_trim(yg_str_of(line)), field[6];
    uint64_t close, end;

    for (int i = 0; i < 6; i++)
        field[i] = rest.p ? yg_str_cut(&rest, '\t') : YG_STR_NONE;
    if (field[0].n == 0 || field[0].n >= sizeof(r->stratum) ||
        !yg_str_u64(field[1], &close) || !yg_str_u64(field[2], &end) || field[5].n != 1)
        return false;
    *r = (struct run){ .close_ns = (int64_t)close, .end_ns = (int64_t)end };
    memcpy(r->stratum, field[0].p, field[0].n);
    r->entity = yg_hash_str(1, field[3]);
    yg_hash_id(field[0], field[4], r->id);
    r->missed = field[5].p[0] == '1';
    return true;
}

static bool read_all(struct runs *all)
{
    char line[1024];

    while (fgets(line, sizeof(line), stdin)) {
        if (all->n == all->size) {
            all->size = all->size ? all->size * 2 : 4096;
            struct run *v = realloc(all->v, all->size * sizeof(*v));
            if (!v)
                return false;
            all->v = v;
        }
        if (!read_run(line, &all->v[all->n++])) {
            fprintf(stderr, "bench_promise: line %zu cannot be read\n", all->n);
            return false;
        }
    }
    return true;
}

/* Toss for the runs [i, end) of one stratum, in the order in which they closed. */
static void toss(struct run *v, size_t n, uint64_t budget, const struct yg_coin *coin)
{
    struct yg_coin_budget b = { .day = 0 };
    struct yg_map seen;

    yg_map_init(&seen, n + 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t rate = yg_coin_rate(&b, YG_COIN_AUDIT, budget, v[i].close_ns);
        bool drawn = yg_coin_toss(coin, YG_COIN_AUDIT, v[i].id, rate), fresh = false;
        uint64_t day = (uint64_t)(v[i].close_ns / DAY_NS);
        yg_coin_count(&b, YG_COIN_AUDIT, drawn);
        v[i].weight = 0;
        if (drawn && yg_map_put(&seen, yg_hash_pair(v[i].entity, day), &fresh) && fresh)
            v[i].weight = yg_coin_weight(rate);
    }
    yg_map_fini(&seen);
}

static int by_end(const void *x, const void *y)
{
    const struct run *a = x, *b = y;

    return a->end_ns < b->end_ns ? -1 : a->end_ns > b->end_ns;
}

/* Judge the drawn ones as they end. */
static void judge(const struct run *v, size_t n, double beta, unsigned secret,
                  struct yg_buf *out)
{
    struct yg_edetector e;
    struct yg_cs cs;
    uint64_t audits = 0, missed = 0, alarm = 0;
    int64_t first_ns = 0, alarm_ns = 0;

    yg_edetector_init(&e, beta, YG_BET_WEIGHT, PATIENCE);
    yg_cs_init(&cs, DELTA, YG_BET_WEIGHT);
    for (size_t i = 0; i < n; i++) {
        if (v[i].weight <= 0)
            continue;
        e.weight = cs.weight = v[i].weight; /* known before the run was drawn */
        audits++;
        missed += v[i].missed;
        if (v[i].missed && first_ns == 0)
            first_ns = v[i].end_ns;
        yg_cs_add(&cs, v[i].weight, v[i].missed);
        if (yg_edetector_add(&e, v[i].weight, v[i].missed) && alarm == 0) {
            alarm = audits;
            alarm_ns = v[i].end_ns;
        }
    }
    struct yg_jsonw w = yg_jsonw_of(out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "stratum", v[0].stratum);
    yg_jsonw_ku64(&w, "secret", secret);
    yg_jsonw_ku64(&w, "runs_closed", n);
    yg_jsonw_ku64(&w, "audits", audits);
    yg_jsonw_ku64(&w, "missed", missed);
    yg_jsonw_ki64(&w, "first_missed_ns", first_ns);
    yg_jsonw_ku64(&w, "alarm_audit", alarm);
    yg_jsonw_ki64(&w, "alarm_ns", alarm_ns);
    yg_jsonw_kf64(&w, "detector", yg_edetector_value(&e));
    yg_jsonw_kf64(&w, "for_mean", yg_cs_mean(&cs));
    yg_jsonw_kf64(&w, "for_upper", yg_cs_upper(&cs));
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static bool simulate(const struct runs *all, double beta, uint64_t budget,
                     unsigned secrets, struct yg_buf *out)
{
    struct run *copy = calloc(all->n + 1, sizeof(*copy));

    if (!copy)
        return false;
    for (size_t i = 0, end; i < all->n; i = end) {
        for (end = i + 1;
             end < all->n && strcmp(all->v[end].stratum, all->v[i].stratum) == 0;)
            end++;
        for (unsigned s = 0; s < secrets; s++) {
            struct yg_coin coin;
            unsigned char secret[YG_COIN_SECRET] = { (unsigned char)s,
                                                     (unsigned char)(s >> 8) };
            memcpy(copy, &all->v[i], (end - i) * sizeof(*copy));
            yg_coin_init(&coin, secret);
            toss(copy, end - i, budget, &coin);
            qsort(copy, end - i, sizeof(*copy), by_end);
            judge(copy, end - i, beta, s, out);
        }
    }
    free(copy);
    return true;
}

int main(int argc, char **argv)
{
    struct runs all = { .v = NULL };
    struct yg_buf out;
    uint64_t budget, secrets;
    double beta;
    int status = 1;

    if (argc != 4 || !yg_str_f64(yg_str_of(argv[1]), &beta) ||
        !yg_str_u64(yg_str_of(argv[2]), &budget) ||
        !yg_str_u64(yg_str_of(argv[3]), &secrets) || beta <= 0 || beta >= 1 ||
        secrets > 1000) {
        fprintf(stderr, "usage: bench_promise BETA BUDGET SECRETS < runs\n");
        return 2;
    }
    yg_buf_init(&out, (size_t)1 << 30);
    if (read_all(&all) && simulate(&all, beta, budget, (unsigned)secrets, &out))
        status = fputs(yg_buf_cstr(&out), stdout) < 0;
    yg_buf_fini(&out);
    free(all.v);
    return status;
}
