/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/trial.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

static int by_close(const void *x, const void *y)
{
    const struct yg_trial_run *a = x, *b = y;

    if (a->close_risk != b->close_risk)
        return a->close_risk < b->close_risk ? -1 : 1;
    return memcmp(a->id, b->id, YG_ID_SIZE);
}

static int by_top(const void *x, const void *y)
{
    const struct yg_trial_run *a = *(struct yg_trial_run *const *)x,
                              *b = *(struct yg_trial_run *const *)y;

    if (a->top_risk != b->top_risk)
        return a->top_risk > b->top_risk ? -1 : 1;
    return memcmp(a->id, b->id, YG_ID_SIZE);
}

/* Is the draw about it, should it lie below tau? */
static bool enters(const struct yg_trial_run *r, uint64_t rate)
{
    return !r->settled && r->before < rate;
}

/* The runs below a point. */
struct below {
    uint64_t closed, tossed;
    size_t next;
};

static void go_up(struct below *b, const struct yg_trial_run *run, size_t n, uint32_t tau,
                  uint64_t rate)
{
    for (; b->next < n && run[b->next].close_risk < tau; b->next++) {
        b->closed++;
        b->tossed += enters(&run[b->next], rate);
    }
}

static bool fits(uint64_t tossed, uint64_t rate, uint64_t audits)
{
    return (double)tossed * ((double)rate / (double)YG_COIN_ONE) <= (double)audits;
}

/* A lower rate for the lowest point that closes anything, if it needs one. Runs that
 * triage tossed for at that rate or more need no further toss. */
static uint64_t rate_for(const struct yg_trial_run *run, size_t n, uint32_t tau,
                         const struct yg_trial_ask *ask)
{
    uint64_t rate = ask->rate;
    struct below b = { .next = 0 };

    go_up(&b, run, n, tau, rate);
    while (!fits(b.tossed, rate, ask->audits) && rate / 2 >= YG_COIN_LEAST) {
        rate /= 2;
        b = (struct below){ .next = 0 };
        go_up(&b, run, n, tau, rate);
    }
    return rate;
}

/* The largest point that draws no more than was asked for. A point that closes nothing
 * more than the one before is none of its own. */
static void place(const struct yg_trial_run *run, size_t n,
                  const struct yg_trial_ask *ask, struct yg_trial *t)
{
    struct below b = { .next = 0 };

    t->rate = ask->rate;
    for (size_t i = 0; i < ask->points; i++) {
        if (b.closed == 0 && n > 0 && run[0].close_risk < ask->grid[i])
            t->rate = rate_for(run, n, ask->grid[i], ask);
        go_up(&b, run, n, ask->grid[i], t->rate);
        if (!fits(b.tossed, t->rate, ask->audits))
            break;
        if (b.closed > t->closed) {
            t->tau = ask->grid[i];
            t->closed = b.closed;
            t->tossed = b.tossed;
        }
    }
}

/* Of what triage's coin left, the part that makes `rate` of the whole. */
static uint64_t rest_of(uint64_t before, uint64_t rate)
{
    double left = (double)(YG_COIN_ONE - before);

    return rate == YG_COIN_ONE
               ? YG_COIN_ONE
               : (uint64_t)((double)(rate - before) / left * (double)YG_COIN_ONE);
}

static void toss_audit(struct yg_trial_run *r, uint64_t rate, const struct yg_coin *coin)
{
    r->tossed = true;
    r->rate = rest_of(r->before, rate);
    r->audit = !r->drawn && yg_coin_toss(coin, YG_COIN_TRIAL, r->id, r->rate);
}

static void toss_decoy(struct yg_trial_run *r, uint64_t rate, const struct yg_coin *coin)
{
    r->tossed = true;
    r->rate = rate;
    r->decoy = yg_coin_toss(coin, YG_COIN_SCREEN, r->id, rate);
}

static enum yg_status draw_decoys(struct yg_trial_run *run, size_t n,
                                  const struct yg_trial_ask *ask, struct yg_trial *t)
{
    struct yg_trial_run **order = calloc(n + 1, sizeof(struct yg_trial_run *));
    enum yg_status st = order ? YG_OK : YG_ENOMEM;
    uint64_t tossed = 0;
    struct yg_map seen;
    size_t count = 0;

    yg_map_init(&seen, n + 1);
    for (size_t i = 0; order && i < n; i++)
        if (!run[i].settled && !run[i].tossed && run[i].before == 0 &&
            run[i].close_risk >= t->tau)
            order[count++] = &run[i];
    if (count > 0)
        qsort(order, count, sizeof(struct yg_trial_run *), by_top);
    for (size_t i = 0; st == YG_OK && i < count && tossed / 3 < ask->decoys; i++) {
        bool fresh;
        if (!yg_map_put(&seen, order[i]->cluster, &fresh))
            st = YG_ENOMEM;
        if (st != YG_OK || !fresh)
            continue;
        toss_decoy(order[i], YG_COIN_ONE / (tossed < ask->decoys ? 2 : 4), ask->coin);
        tossed++;
        t->decoys += order[i]->decoy;
    }
    yg_map_fini(&seen);
    free(order);
    return st;
}

enum yg_status yg_trial_draw(struct yg_trial_run *run, size_t n,
                             const struct yg_trial_ask *ask, struct yg_trial *out)
{
    *out = (struct yg_trial){ .tau = 0 };
    if (ask->rate < YG_COIN_LEAST || ask->rate > YG_COIN_ONE)
        return YG_EINVAL;
    for (size_t i = 0; i < n; i++) {
        run[i].audit = run[i].decoy = run[i].tossed = false;
        run[i].rate = 0;
    }
    if (n > 0)
        qsort(run, n, sizeof(*run), by_close);
    place(run, n, ask, out);
    for (size_t i = 0; i < n && run[i].close_risk < out->tau; i++) {
        if (!enters(&run[i], out->rate))
            continue;
        toss_audit(&run[i], out->rate, ask->coin);
        out->audits += run[i].audit;
    }
    return draw_decoys(run, n, ask, out);
}
