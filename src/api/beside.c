/* SPDX-License-Identifier: Apache-2.0 */
#include "api/beside.h"

#include "base/clock.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 600000 /* of who has nobody else to answer; the work ends before */

struct work {
    const struct yg_beside_kind *kind; /* NULL: nothing is here */
    void *job;
    unsigned char key[YG_BESIDE_KEY];
    bool over;
    double over_s; /* when it was seen to be */
};

struct yg_beside {
    struct work work[YG_BESIDE_MAX];
};

struct yg_beside *yg_beside_new(void)
{
    return calloc(1, sizeof(struct yg_beside));
}

static void drop(struct work *w)
{
    if (w->kind)
        w->kind->end(w->job);
    *w = (struct work){ .kind = NULL };
}

void yg_beside_free(struct yg_beside *b)
{
    for (size_t i = 0; b && i < YG_BESIDE_MAX; i++)
        drop(&b->work[i]);
    free(b);
}

static enum yg_status wait_for(struct work *w, int ms, struct yg_buf *out,
                               struct yg_err *err)
{
    enum yg_status st = w->kind->wait(w->job, ms, out, err);

    if (st != YG_EBUSY && !w->over) {
        w->over = true;
        w->over_s = yg_clock_wall();
    }
    return st;
}

/* Did it end, with nobody asking? */
static void look_after(struct work *w)
{
    struct yg_buf unused;
    struct yg_err err;

    if (!w->kind || w->over)
        return;
    yg_buf_init(&unused, (size_t)64 << 20);
    (void)wait_for(w, 0, &unused, &err);
    yg_buf_fini(&unused);
}

static struct work *find(struct yg_beside *b, const unsigned char key[YG_BESIDE_KEY])
{
    double now = yg_clock_wall();
    struct work *found = NULL;

    for (size_t i = 0; i < YG_BESIDE_MAX; i++) {
        struct work *w = &b->work[i];
        if (w->over && now - w->over_s > YG_BESIDE_KEEP_S)
            drop(w);
        else if (w->kind && memcmp(w->key, key, YG_BESIDE_KEY) == 0)
            found = w;
        else
            look_after(w);
    }
    return found;
}

/* A free place, else that of what ended first. NULL: too much is under way. */
static struct work *place(struct yg_beside *b, const struct yg_beside_kind *kind)
{
    struct work *best = NULL;
    unsigned alike = 0;

    for (size_t i = 0; i < YG_BESIDE_MAX; i++)
        alike += b->work[i].kind == kind && !b->work[i].over;
    if (alike >= kind->most)
        return NULL;

    for (size_t i = 0; i < YG_BESIDE_MAX; i++) {
        struct work *w = &b->work[i];
        if (!w->kind)
            return w;
        if (w->over && (!best || w->over_s < best->over_s))
            best = w;
    }
    if (best)
        drop(best);
    return best;
}

static enum yg_status here(const struct yg_beside_kind *kind, void *arg,
                           struct yg_buf *out, struct yg_err *err)
{
    void *job;
    enum yg_status st = kind->begin(arg, &job, err);

    if (st != YG_OK)
        return st;
    st = kind->wait(job, LONG_MS, out, err);
    kind->end(job);
    return st;
}

enum yg_status yg_beside_ask(struct yg_beside *b, const struct yg_beside_kind *kind,
                             struct yg_str about, void *arg, struct yg_buf *out,
                             struct yg_err *err)
{
    unsigned char key[YG_BESIDE_KEY];
    void *job;

    if (!b)
        return here(kind, arg, out, err);
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, sizeof(key));
    crypto_generichash_update(&h, (const unsigned char *)kind->name,
                              strlen(kind->name) + 1);
    crypto_generichash_update(&h, (const unsigned char *)about.p, about.n);
    crypto_generichash_final(&h, key, sizeof(key));
    struct work *w = find(b, key);
    if (!w) {
        w = place(b, kind);
        if (!w)
            return yg_err_set(err, YG_EBUSY, "too much is being looked at");
        enum yg_status st = kind->begin(arg, &job, err);
        if (st != YG_OK)
            return st;
        *w = (struct work){ .kind = kind, .job = job };
        memcpy(w->key, key, sizeof(key));
    }
    enum yg_status st = wait_for(w, w->over ? 0 : YG_BESIDE_MS, out, err);
    if (st != YG_OK && st != YG_EBUSY) /* what went wrong is tried anew */
        drop(w);
    return st;
}
