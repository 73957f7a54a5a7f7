/* SPDX-License-Identifier: Apache-2.0 */
#include "thin/thin.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "thin/thin_priv.h"

#include <stdlib.h>

enum yg_status yg_thin_new(const struct yg_thin_rules *rules, struct yg_thin **out,
                           struct yg_err *err)
{
    struct yg_thin *t = calloc(1, sizeof(*t));

    if (!t)
        return yg_err_set(err, YG_ENOMEM, "no memory for thinning rules");
    t->rules = rules;
    yg_arena_init(&t->arena, (size_t)64 << 20);
    yg_buf_init(&t->text, 16384);
    t->group = calloc(YG_THIN_OPEN, sizeof(*t->group));
    t->bucket = malloc(YG_THIN_BUCKETS * sizeof(*t->bucket));
    t->heap = malloc(YG_THIN_OPEN * sizeof(*t->heap));
    t->spare = malloc(YG_THIN_OPEN * sizeof(*t->spare));
    t->closed = malloc(YG_THIN_OPEN * sizeof(*t->closed));
    if (yg_thin_tally_init(&t->tally) != YG_OK || !t->group || !t->bucket || !t->heap ||
        !t->spare || !t->closed) {
        yg_thin_free(t);
        return yg_err_set(err, YG_ENOMEM, "no memory for thinning rules");
    }
    memset(t->bucket, 0xff, YG_THIN_BUCKETS * sizeof(*t->bucket));
    while (t->spares < YG_THIN_OPEN) { /* the lowest first: fewer pages change */
        t->spare[t->spares] = YG_THIN_OPEN - 1 - t->spares;
        t->spares++;
    }
    *out = t;
    return YG_OK;
}

void yg_thin_free(struct yg_thin *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->lanes; i++) {
        free(t->lane[i].rule);
        free(t->lane[i].row);
    }
    free(t->lane);
    yg_thin_tally_fini(&t->tally);
    yg_arena_fini(&t->arena);
    yg_buf_fini(&t->text);
    free(t->group);
    free(t->bucket);
    free(t->heap);
    free(t->spare);
    free(t->closed);
    free(t);
}

/* ---- sources ----------------------------------------------------------------------- */

static bool grow_lanes(struct yg_thin *t, uint32_t index)
{
    if (index < t->lanes)
        return true;
    struct yg_thin_lane *p = realloc(t->lane, ((size_t)index + 1) * sizeof(*p));
    if (!p)
        return false;
    t->lane = p;
    while (t->lanes <= index)
        t->lane[t->lanes++] = (struct yg_thin_lane){ .rules = 0 };
    return true;
}

static bool fill_lane(struct yg_thin *t, struct yg_thin_lane *l,
                      const struct yg_source *src)
{
    size_t most = (size_t)t->rules->count + 1;

    l->tenant = yg_arena_str(&t->arena, src->tenant);
    l->name = yg_arena_str(&t->arena, src->name.n > 0 ? src->name : src->format);
    l->rule = malloc(most * sizeof(*l->rule));
    l->row = malloc(most * sizeof(*l->row));
    if (!l->tenant.p || !l->name.p || !l->rule || !l->row)
        return false;
    for (uint32_t i = 0; i < t->rules->count; i++)
        if (!t->rules->rule[i].expired && t->rules->rule[i].what != YG_THIN_CLOSE &&
            yg_thin_rule_concerns(&t->rules->rule[i], src))
            l->rule[l->rules++] = (uint16_t)i;
    memset(l->row, 0xff, most * sizeof(*l->row));
    return true;
}

enum yg_status yg_thin_source(struct yg_thin *t, uint32_t index,
                              const struct yg_source *src, struct yg_err *err)
{
    if (!grow_lanes(t, index))
        return yg_err_set(err, YG_ENOMEM, "no memory for the sources of thinning rules");
    if (t->lane[index].name.p)
        return YG_OK;
    return fill_lane(t, &t->lane[index], src)
               ? YG_OK
               : yg_err_set(err, YG_ENOMEM, "no memory for thinning rules");
}

/* The tally's row for the lane's `k`th rule; k == rules: none matched. */
static uint32_t row_of(struct yg_thin *t, struct yg_thin_lane *l, uint32_t k)
{
    if (l->row[k] == YG_THIN_NONE)
        l->row[k] = yg_thin_tally_row(&t->tally, l->tenant, l->name,
                                      k < l->rules ? t->rules->rule[l->rule[k]].name
                                                   : YG_STR(""));
    return l->row[k];
}

/* ---- groups ------------------------------------------------------------------------ */

static bool before(const struct yg_thin *t, uint32_t a, uint32_t b)
{
    const struct yg_thin_group *x = &t->group[a], *y = &t->group[b];

    return x->due_ns != y->due_ns ? x->due_ns < y->due_ns
                                  : memcmp(x->key, y->key, YG_ID_SIZE) < 0;
}

static void heap_push(struct yg_thin *t, uint32_t g)
{
    uint32_t at = t->heaped++;

    while (at > 0 && before(t, g, t->heap[(at - 1) / 2])) {
        t->heap[at] = t->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    t->heap[at] = g;
}

static uint32_t heap_pop(struct yg_thin *t)
{
    uint32_t top = t->heap[0], last = t->heap[--t->heaped], at = 0;

    for (;;) {
        uint32_t c = 2 * at + 1;
        if (c + 1 < t->heaped && before(t, t->heap[c + 1], t->heap[c]))
            c++;
        if (c >= t->heaped || !before(t, t->heap[c], last))
            break;
        t->heap[at] = t->heap[c];
        at = c;
    }
    t->heap[at] = last;
    return top;
}

static uint32_t bucket_of(const unsigned char key[YG_ID_SIZE])
{
    return ((uint32_t)key[0] | (uint32_t)key[1] << 8) % YG_THIN_BUCKETS;
}

static void touch(struct yg_thin *t, uint32_t g)
{
    t->changed[g / YG_THIN_PAGE] = true;
}

uint32_t yg_thin_find(const struct yg_thin *t, const unsigned char key[YG_ID_SIZE])
{
    uint32_t g = t->bucket[bucket_of(key)];

    while (g != YG_THIN_NONE && memcmp(t->group[g].key, key, YG_ID_SIZE) != 0)
        g = t->group[g].next;
    return g;
}

static void unchain(struct yg_thin *t, uint32_t g)
{
    uint32_t *at = &t->bucket[bucket_of(t->group[g].key)];

    while (*at != g)
        at = &t->group[*at].next;
    *at = t->group[g].next;
}

/* Take it into chain and heap. */
void yg_thin_open_one(struct yg_thin *t, uint32_t g)
{
    uint32_t *head = &t->bucket[bucket_of(t->group[g].key)];

    t->group[g].state = YG_THIN_OPENED;
    t->group[g].next = *head;
    *head = g;
    heap_push(t, g);
    touch(t, g);
}

static void release(struct yg_thin *t, uint32_t g)
{
    t->group[g].state = YG_THIN_FREE;
    t->spare[t->spares++] = g;
    touch(t, g);
}

void yg_thin_pass(struct yg_thin *t, int64_t now_ns)
{
    while (t->heaped > 0 && t->group[t->heap[0]].due_ns <= now_ns) {
        uint32_t g = heap_pop(t);
        unchain(t, g);
        if (t->group[g].records == 0) {
            release(t, g);
            continue;
        }
        t->group[g].state = YG_THIN_CLOSED;
        touch(t, g);
        t->closed[(t->closed_head + t->closed_count++) % YG_THIN_OPEN] = g;
    }
}

static void add_number(struct yg_digest *d, uint64_t v)
{
    unsigned char le[8];

    for (int i = 0; i < 8; i++)
        le[i] = (unsigned char)(v >> 8 * i);
    yg_digest_add(d, le, sizeof(le));
}

static void key_of(const struct yg_thin_rule *r, const struct yg_thin_lane *l,
                   const struct yg_batch *b, const struct yg_event *e,
                   unsigned char key[YG_ID_SIZE])
{
    const struct yg_str name[] = { l->tenant, l->name, r->name };
    unsigned char full[YG_DIGEST_SIZE];
    struct yg_digest d;

    yg_digest_init(&d);
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        add_number(&d, name[i].n);
        yg_digest_add(&d, name[i].p, name[i].n);
    }
    for (uint32_t i = 0; i < r->bys; i++) {
        enum yg_field f = (enum yg_field)r->by[i];
        enum yg_field_type type = yg_field_info[f].type;
        struct yg_str s = yg_event_str(b, e, f);
        if (!yg_event_has(e, f)) { /* absent and empty are two things */
            add_number(&d, UINT64_MAX);
        } else if (type == YG_T_U64 || type == YG_T_TIME) {
            add_number(&d, e->value[f].u);
        } else {
            add_number(&d, s.n);
            yg_digest_add(&d, s.p, s.n);
        }
    }
    yg_digest_done(&d, full);
    memcpy(key, full, YG_ID_SIZE);
}

static void count_in(struct yg_thin_group *g, const struct yg_event *e)
{
    g->records++;
    g->bytes += e->raw.len;
    if (e->time_ns > g->last_ns)
        g->last_ns = e->time_ns;
    if (e->time_ns < g->first_ns)
        g->first_ns = e->time_ns;
}

/* What a record does to its group. True: it is left out. */
static bool group_event(struct yg_thin *t, const struct yg_thin_rule *r,
                        struct yg_thin_group *new, const struct yg_event *e, bool known)
{
    uint32_t g = yg_thin_find(t, new->key);
    bool merge = r->what == YG_THIN_MERGE;

    if (g != YG_THIN_NONE) {
        if (!known) {
            count_in(&t->group[g], e);
            touch(t, g);
        }
        return true;
    }
    if (t->spares == 0 || (known && !merge))
        return false;
    g = t->spare[--t->spares];
    new->first_ns = new->last_ns = e->time_ns;
    new->merge = merge;
    memcpy(new->first_id, e->id, YG_ID_SIZE);
    if (!merge)
        count_in(new, e);
    t->group[g] = *new;
    yg_thin_open_one(t, g);
    return !merge;
}

/* ---- events ------------------------------------------------------------------------ */

static bool kept_by_chance(const struct yg_event *e, uint64_t n)
{
    uint64_t draw = 0;

    for (int i = 0; i < 8; i++)
        draw = draw << 8 | e->id[i];
    return draw % n == 0;
}

static int64_t end_of(int64_t now_ns, int64_t span_ns)
{
    return now_ns > INT64_MAX - 1 - span_ns ? INT64_MAX - 1 : now_ns + span_ns;
}

struct seen {
    const struct yg_batch *b;
    const struct yg_event *e;
    int64_t now_ns;
    bool known;
};

/* The lane's `k`th rule matches. */
static bool leave_out(struct yg_thin *t, struct yg_thin_lane *l, uint32_t k,
                      const struct seen *s)
{
    const struct yg_thin_rule *r = &t->rules->rule[l->rule[k]];

    if (r->what == YG_THIN_DROP)
        return true;
    if (r->what == YG_THIN_SAMPLE)
        return !kept_by_chance(s->e, r->n);
    struct yg_thin_group new = { .due_ns = end_of(s->now_ns, r->span_ns),
                                 .row = row_of(t, l, k) };
    if (new.row == 0)
        return false; /* no room to say whose it is */
    key_of(r, l, s->b, s->e, new.key);
    return group_event(t, r, &new, s->e, s->known);
}

bool yg_thin_event(struct yg_thin *t, uint32_t index, const struct yg_batch *b,
                   uint32_t i, int64_t now_ns, bool known)
{
    const struct yg_event *e = &b->event[i];
    struct yg_thin_lane *l = &t->lane[index];
    uint32_t k = 0;
    bool out = false;

    YG_ASSERT(index < t->lanes && l->name.p);
    yg_thin_pass(t, now_ns);
    bool may = e->kind == YG_KIND_CONTEXT && e->reason == YG_R_NONE;
    for (; k < l->rules; k++) {
        const struct yg_thin_rule *r = &t->rules->rule[l->rule[k]];
        if (may && now_ns < r->expires_ns && yg_thin_rule_matches(r, b, e))
            break;
    }
    if (k < l->rules)
        out = leave_out(t, l, k, &(struct seen){ b, e, now_ns, known });
    if (known)
        return out;
    struct yg_thin_row *row = &t->tally.row[row_of(t, l, k)];
    row->in++;
    row->bytes_in += e->raw.len;
    row->out += out;
    row->bytes_out += out ? e->raw.len : 0;
    return out;
}

void yg_thin_alert(struct yg_thin *t, uint32_t index, const struct yg_event *e,
                   uint32_t rule, bool closed)
{
    const struct yg_thin_lane *l = &t->lane[index];

    YG_ASSERT(index < t->lanes && l->name.p && rule < t->rules->count);
    struct yg_thin_row *row = &t->tally.row[yg_thin_tally_row(
        &t->tally, l->tenant, l->name, t->rules->rule[rule].name)];
    row->in++;
    row->bytes_in += e->raw.len;
    row->closed += closed;
}

const struct yg_thin_tally *yg_thin_counts(const struct yg_thin *t)
{
    return &t->tally;
}

void yg_thin_forget(struct yg_thin *t)
{
    for (uint32_t i = 0; i < t->tally.rows; i++) {
        struct yg_thin_row *r = &t->tally.row[i];
        r->in = r->out = r->bytes_in = r->bytes_out = r->closed = 0;
    }
}

/* ---- records that say how many ----------------------------------------------------- */

static void write_record(struct yg_thin *t, const struct yg_thin_group *g)
{
    const struct yg_thin_row *row = &t->tally.row[g->row];
    struct yg_jsonw w = yg_jsonw_of(&t->text);

    yg_buf_clear(&t->text);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ktime(&w, "time", g->last_ns);
    yg_jsonw_key(&w, "thin");
    yg_jsonw_open(&w, '{');
    yg_jsonw_kstr(&w, "rule", row->rule);
    yg_jsonw_kstr(&w, "source", row->source);
    yg_jsonw_kcstr(&w, "did", g->merge ? "merge" : "count");
    yg_jsonw_ku64(&w, "records", g->records);
    yg_jsonw_ku64(&w, "bytes", g->bytes);
    yg_jsonw_ktime(&w, "from", g->first_ns);
    yg_jsonw_khex(&w, "first", g->first_id, YG_ID_SIZE);
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, '}');
}

bool yg_thin_waiting(const struct yg_thin *t)
{
    return t->closed_count > 0;
}

bool yg_thin_next(struct yg_thin *t, struct yg_thin_record *out)
{
    if (t->closed_count == 0)
        return false;
    uint32_t g = t->closed[t->closed_head];
    const struct yg_thin_group *x = &t->group[g];
    const struct yg_thin_row *row = &t->tally.row[x->row];
    unsigned char both[2 * YG_ID_SIZE];
    t->closed_head = (t->closed_head + 1) % YG_THIN_OPEN;
    t->closed_count--;
    write_record(t, x);
    *out = (struct yg_thin_record){ .tenant = row->tenant,
                                    .source = row->source,
                                    .text = yg_buf_str(&t->text),
                                    .time_ns = x->last_ns };
    memcpy(both, x->key, YG_ID_SIZE);
    memcpy(both + YG_ID_SIZE, x->first_id, YG_ID_SIZE);
    yg_hash_id(YG_STR("thin"), (struct yg_str){ (const char *)both, sizeof(both) },
               out->id);
    release(t, g);
    return true;
}
