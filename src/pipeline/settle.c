/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/settle.h"

#include "base/buf.h"
#include "base/hash.h"

#include <string.h>

#define PAGE   10000 /* runs in memory at once */
#define MEMORY ((size_t)256 << 20)

struct walk {
    const struct yg_map *alert;
    struct yg_store *store;
    struct yg_arena one;   /* of the run looked at */
    struct yg_buf changed; /* struct yg_queue_run: put after the walk */
    struct yg_arena kept;  /* their strings */
};

static uint64_t key_of(const unsigned char id[YG_ID_SIZE])
{
    return yg_hash_str(0x73657474, (struct yg_str){ (const char *)id, YG_ID_SIZE }) | 1;
}

void yg_settle_init(struct yg_settle *s)
{
    yg_map_init(&s->alert, YG_SETTLE_MAX);
}

void yg_settle_fini(struct yg_settle *s)
{
    yg_map_fini(&s->alert);
}

enum yg_status yg_settle_add(struct yg_settle *s, const unsigned char alert[YG_ID_SIZE],
                             struct yg_err *err)
{
    if (!yg_map_put(&s->alert, key_of(alert), NULL))
        return yg_err_set(err, YG_ELIMIT, "more than %zu verdicts at once: split them",
                          YG_SETTLE_MAX);
    return YG_OK;
}

/* What its alerts say together: the highest, or NONE while one is not judged. */
static enum yg_status level_of(struct walk *w, unsigned char (*id)[YG_ID_SIZE], size_t n,
                               uint8_t *level, struct yg_err *err)
{
    struct yg_verdict v;

    *level = YG_LEVEL_NONE;
    for (size_t i = 0; i < n; i++) {
        enum yg_status st = yg_store_verdict_get(w->store, id[i], &w->one, &v, err);
        if (st == YG_ENOTFOUND) {
            *level = YG_LEVEL_NONE;
            return YG_OK;
        }
        if (st != YG_OK)
            return st;
        if (*level == YG_LEVEL_NONE || v.level > *level)
            *level = v.level;
    }
    return YG_OK;
}

static enum yg_status keep(struct walk *w, struct yg_queue_run run, struct yg_err *err)
{
    struct yg_str *text[] = { &run.tenant,        &run.signature, &run.entity,
                              &run.source_ip,     &run.host,      &run.device,
                              &run.destination_ip };
    bool room = true;

    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        size_t n = text[i]->n;
        *text[i] = n ? yg_arena_str(&w->kept, *text[i]) : YG_STR_NONE;
        room = room && (n == 0 || text[i]->p);
    }
    yg_buf_add(&w->changed, &run, sizeof(run));
    return room && yg_buf_status(&w->changed) == YG_OK
               ? YG_OK
               : yg_err_set(err, YG_ELIMIT, "too many runs to settle at once");
}

static enum yg_status look(struct walk *w, const struct yg_queue_run *run,
                           struct yg_err *err)
{
    struct yg_queue_run now = *run;
    unsigned char(*id)[YG_ID_SIZE] = NULL;
    size_t n = 0, i = 0;

    yg_arena_clear(&w->one);
    enum yg_status st = yg_store_run_alerts(w->store, run->id, &w->one, &id, &n, err);
    while (st == YG_OK && i < n && !yg_map_get(w->alert, key_of(id[i])))
        i++;
    if (st != YG_OK || i == n)
        return st;
    st = level_of(w, id, n, &now.verdict, err);
    return st == YG_OK && now.verdict != run->verdict ? keep(w, now, err) : st;
}

static enum yg_status walk_queue(struct walk *w, bool judged, struct yg_err *err)
{
    struct yg_queue_filter f = { .judged = judged, .limit = PAGE };
    struct yg_queue_page page = { 0 };
    struct yg_arena arena;
    enum yg_status st = YG_OK;

    yg_arena_init(&arena, MEMORY);
    do {
        yg_arena_clear(&arena);
        st = yg_store_queue(w->store, &f, &arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++)
            st = look(w, &page.run[i], err);
        f.skip += page.count;
    } while (st == YG_OK && page.count == PAGE);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_settle_runs(struct yg_settle *s, struct yg_store *store,
                              uint64_t *changed, struct yg_err *err)
{
    struct walk w = { .alert = &s->alert, .store = store };
    enum yg_status st = YG_OK;

    *changed = 0;
    if (yg_map_count(&s->alert) == 0)
        return YG_OK;
    yg_arena_init(&w.one, MEMORY);
    yg_arena_init(&w.kept, MEMORY);
    yg_buf_init(&w.changed, MEMORY);
    for (int judged = 0; st == YG_OK && judged < 2; judged++)
        st = walk_queue(&w, judged, err);
    struct yg_str rows = yg_buf_str(&w.changed);
    for (size_t i = 0; st == YG_OK && i < rows.n; i += sizeof(struct yg_queue_run)) {
        struct yg_queue_run run;
        memcpy(&run, rows.p + i, sizeof(run));
        st = yg_store_run_put(store, &run, err);
        *changed += st == YG_OK;
    }
    yg_buf_fini(&w.changed);
    yg_arena_fini(&w.kept);
    yg_arena_fini(&w.one);
    return st;
}

enum yg_status yg_settle_run(struct yg_store *store, const unsigned char run[YG_ID_SIZE],
                             struct yg_err *err)
{
    struct walk w = { .store = store };
    char hex[2 * YG_ID_SIZE + 1];
    unsigned char(*id)[YG_ID_SIZE];
    struct yg_queue_run row;
    uint8_t level = YG_LEVEL_NONE;
    size_t n = 0;

    yg_hex(run, YG_ID_SIZE, hex);
    yg_arena_init(&w.one, MEMORY);
    enum yg_status st = yg_store_run_get(store, yg_str_of(hex), &w.one, &row, err);
    if (st == YG_OK)
        st = yg_store_run_alerts(store, run, &w.one, &id, &n, err);
    if (st == YG_OK)
        st = level_of(&w, id, n, &level, err);
    if (st == YG_OK && level != row.verdict) {
        row.verdict = level;
        st = yg_store_run_put(store, &row, err);
    }
    yg_arena_fini(&w.one);
    return st == YG_ENOTFOUND ? YG_OK : st;
}
