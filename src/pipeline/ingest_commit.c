/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions of an ingest: begun when it is our turn, ended when they are due. */
#include "pipeline/ingest_priv.h"

#include "base/log.h"
#include "pipeline/guard.h"

#define COMMIT_RECORDS 50000
#define COMMIT_BYTES   ((uint64_t)32 << 20)
#define MERGE_BLOCKS   256 /* read at most, after an input */
#define IDLE_NS        (INT64_C(1) * YG_NS_PER_S)
#define CHECK_NS       (INT64_C(1) * YG_NS_PER_S) /* between two looks at standings */

/* Others have written: runs, orders and audits in memory are as they were before. */
static enum yg_status refresh(struct ingest *g, struct yg_err *err)
{
    struct yg_guard *guard = g->in->judge ? yg_judge_guarded(g->in->judge) : NULL;
    enum yg_status st = YG_OK;

    if (g->queue)
        yg_workqueue_refresh(g->queue);
    if (guard)
        st = yg_guard_refresh(guard, err);
    if (st == YG_OK && guard)
        st = yg_notice_threats(&g->notice, g->in->store, g->in->judge, NULL, err);
    g->checked_ns = 0;
    return st == YG_OK && guard ? yg_judge_again(g->in->judge, err) : st;
}

/* Begin the transaction before anything is read that will be written back. */
enum yg_status yg_ingest_write_on(struct ingest *g, struct yg_err *err)
{
    bool others = false;
    enum yg_status st = YG_OK;

    if (!g->in->store || g->writing)
        return YG_OK;
    while ((st = yg_store_hold(g->in->store, err)) == YG_EBUSY) {
        yg_log_err(err, "waiting; nothing is lost");
        if (g->in->live)
            g->in->live->busy(g->in->live->arg, err);
    }
    if (st == YG_OK)
        st = yg_store_others(g->in->store, &others, err);
    if (st != YG_OK)
        return st;
    g->writing = true;
    g->since_ns = yg_clock_now(g->in->clock);
    return others ? refresh(g, err) : YG_OK;
}

/* Write what the coin drew, and look whether closing may go on. */
static enum yg_status guard(struct ingest *g, struct yg_err *err)
{
    struct yg_guard *guard = g->in->judge ? yg_judge_guarded(g->in->judge) : NULL;
    uint64_t fell = 0;
    enum yg_status st = YG_OK;

    if (!guard)
        return YG_OK;
    st = yg_guard_flush(guard, err);
    int64_t now = yg_clock_now(g->in->clock);
    if (g->in->live && now - g->checked_ns < CHECK_NS && now >= g->checked_ns)
        return st;
    g->checked_ns = now;
    if (st == YG_OK)
        st = yg_guard_check(guard, &fell, err);
    yg_count(g->sum, YG_C_FELL, fell);
    return st == YG_OK && fell > 0 ? yg_judge_again(g->in->judge, err) : st;
}

enum yg_status yg_ingest_thin(struct ingest *g, struct yg_err *err)
{
    return g->in->thin ? yg_thinning_flush(g->in->thin, yg_clock_now(g->in->clock),
                                           &g->sum->v[YG_C_THIN_RECORDS], err)
                       : YG_OK;
}

enum yg_status yg_ingest_end(struct ingest *g, struct yg_err *err)
{
    bool due = g->in->thin && !g->in->live && yg_thinning_due(g->in->thin, INT64_MAX);

    (void)due; /* the commit flushes them */
    return yg_ingest_commit(g, err);
}

enum yg_status yg_ingest_commit(struct ingest *g, struct yg_err *err)
{
    const struct yg_ingest_live *live = g->in->live;
    enum yg_status st = yg_ingest_write_on(g, err);

    if (!g->in->store)
        return YG_OK;
    if (st == YG_OK && g->queue)
        st = yg_workqueue_flush(g->queue, err);
    if (st == YG_OK)
        st = guard(g, err);
    if (st == YG_OK)
        st = yg_ingest_thin(g, err);
    if (st == YG_OK && g->in->thin)
        st = yg_thinning_put(g->in->thin, err);
    if (st == YG_OK && live)
        st = live->put(live->arg, err);
    if (st == YG_OK)
        st = yg_store_commit(g->in->store, err);
    g->writing = false;
    if (st == YG_OK)
        g->pending = g->pending_bytes = 0;
    if (st == YG_OK && live)
        live->committed(live->arg);
    if (st == YG_OK && g->in->progress)
        g->in->progress(g->in->arg, g->sum);
    return st;
}

/* Is what was consumed to be committed now? */
bool yg_ingest_is_due(const struct ingest *g)
{
    if (g->pending >= COMMIT_RECORDS || g->pending_bytes >= COMMIT_BYTES)
        return true;
    if (!g->in->live || !g->writing)
        return false;
    if (yg_store_waited(g->in->store))
        return true;
    int64_t age = yg_clock_now(g->in->clock) - g->since_ns;
    return age < 0 || age >= YG_INGEST_COMMIT_NS;
}

/* Nothing comes: a moment to merge what many small commits left. Nothing is lost when
 * it cannot be done, so nobody is told. */
void yg_ingest_tidy(struct yg_store *store)
{
    size_t gone;

    if (store && yg_store_merge(store, MERGE_BLOCKS, &gone, NULL) != YG_OK)
        return;
}

/* Nothing to do: what is not committed waits for more, but not long; then the store is
 * tidied up. */
enum yg_status yg_ingest_idle(void *arg, struct yg_err *err)
{
    struct ingest *g = arg;
    const struct yg_ingest_live *live = g->in->live;
    int64_t left = IDLE_NS;

    if (g->in->thin && yg_thinning_due(g->in->thin, yg_clock_now(g->in->clock)))
        return yg_ingest_commit(g, err);
    if (g->writing) {
        left = g->since_ns + YG_INGEST_COMMIT_NS - yg_clock_now(g->in->clock);
        if (left <= 0 || left > YG_INGEST_COMMIT_NS)
            return yg_ingest_commit(g, err);
    }
    enum yg_status st = live->wait(live->arg, left, err);
    if (st != YG_EEND)
        return st;
    if (g->writing)
        return yg_ingest_commit(g, err);
    yg_ingest_tidy(g->in->store);
    return YG_OK;
}
