/* SPDX-License-Identifier: Apache-2.0 */
#include "model/distance.h"

#include "base/hash.h"
#include "base/map.h"
#include "model/trees.h"

#include <stdlib.h>

#define TREES_MAX  128   /* looked at: every so many-th of the ensemble */
#define SAMPLE_MAX 20000 /* distinct patterns that landmarks are chosen from */
#define LANE       32
#define GROUP      128 /* landmarks that are looked at together */
#define FORMAT     1

_Static_assert(YG_DISTANCE_MARKS % GROUP == 0 && GROUP % LANE == 0, "whole groups");
_Static_assert(TREES_MAX <= UINT8_MAX, "a byte counts the trees");

/* Trees looked at, padded to lanes: the padding is equal everywhere. */
struct shape {
    uint32_t trees, every, width;
};

/* The landmarks, the most frequent first, in groups: for each tree looked at, the leaves
 * of all landmarks of the group stand side by side. A last group that is not full ends in
 * copies of its first landmark. */
struct yg_distance {
    struct shape s;
    uint32_t marks;
    float limit, radius;
    uint8_t *leaf; /* groups x trees x GROUP */
};

static size_t place_of(const struct yg_distance *d, uint32_t mark, uint32_t tree)
{
    return ((size_t)(mark / GROUP) * d->s.trees + tree) * GROUP + mark % GROUP;
}

static struct shape shape_of(const struct yg_trees *t)
{
    uint32_t n = yg_trees_count(t);
    struct shape s = { .every = (n + TREES_MAX - 1) / TREES_MAX };

    s.every = s.every ? s.every : 1;
    s.trees = (n + s.every - 1) / s.every;
    s.width = (s.trees + LANE - 1) / LANE * LANE;
    s.width = s.width ? s.width : LANE;
    return s;
}

uint32_t yg_distance_trees(const struct yg_trees *t)
{
    return shape_of(t).trees;
}

void yg_distance_leaves(const struct yg_trees *t, const float *row,
                        uint8_t leaf[YG_DISTANCE_LEAVES])
{
    struct shape s = shape_of(t);
    const struct yg_leaves_ask one = { .rows = row, .n = 1, .every = s.every };

    memset(leaf, 0, s.width);
    yg_trees_leaves_some(t, &one, leaf);
}

typedef uint8_t lane __attribute__((vector_size(LANE)));

/* How many of `n` leaves differ; the padding never does. */
static uint32_t differ(const uint8_t *a, const uint8_t *b, uint32_t width)
{
    lane sum = { 0 };
    uint32_t n = 0;

    for (uint32_t i = 0; i < width; i += LANE) { /* at most 4: no byte overflows */
        lane x, y;
        memcpy(&x, a + i, LANE);
        memcpy(&y, b + i, LANE);
        sum -= (lane)(x != y);
    }
    for (unsigned i = 0; i < LANE; i++)
        n += sum[i];
    return n;
}

float yg_distance_between(const uint8_t *a, const uint8_t *b, uint32_t trees)
{
    uint32_t width = (trees + LANE - 1) / LANE * LANE;

    return trees ? (float)differ(a, b, width) / (float)trees : 0.0F;
}

/* ---- building ---------------------------------------------------------------------- */

struct pattern {
    uint32_t place; /* in the sample's leaves */
    uint32_t count;
    uint32_t near; /* differing leaves to the nearest landmark chosen so far */
};

struct sample {
    struct shape s;
    uint8_t *leaf;
    struct pattern *p;
    uint32_t n;
    struct yg_map by_hash;
};

static void sample_fini(struct sample *s)
{
    free(s->leaf);
    free(s->p);
    yg_map_fini(&s->by_hash);
}

static enum yg_status sample_rows(struct sample *s, const struct yg_trees *t,
                                  const float *rows, size_t n, size_t stride)
{
    uint8_t leaf[YG_DISTANCE_LEAVES];

    yg_map_init(&s->by_hash, SAMPLE_MAX + 1);
    s->leaf = malloc((size_t)SAMPLE_MAX * s->s.width);
    s->p = calloc(SAMPLE_MAX, sizeof(*s->p));
    if (!s->leaf || !s->p)
        return YG_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        bool fresh;
        yg_distance_leaves(t, rows + i * stride, leaf);
        uint64_t key =
            yg_hash_str(0x646973, (struct yg_str){ (const char *)leaf, s->s.width });
        uint64_t *at = yg_map_get(&s->by_hash, key);
        if (at) {
            s->p[*at].count++;
            continue;
        }
        if (s->n == SAMPLE_MAX)
            continue; /* the first so many distinct ones stand for all */
        at = yg_map_put(&s->by_hash, key, &fresh);
        if (!at)
            return YG_ENOMEM;
        *at = s->n;
        memcpy(s->leaf + (size_t)s->n * s->s.width, leaf, s->s.width);
        s->p[s->n] = (struct pattern){ .place = s->n, .count = 1, .near = UINT32_MAX };
        s->n++;
    }
    return YG_OK;
}

static int by_count(const void *x, const void *y)
{
    const struct pattern *a = x, *b = y;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static void add_mark(struct yg_distance *d, const uint8_t *leaf)
{
    uint32_t mark = d->marks++;

    for (uint32_t t = 0; t < d->s.trees; t++) {
        uint8_t *at = d->leaf + place_of(d, mark, t);
        memset(at, leaf[t], mark % GROUP == 0 ? GROUP : 1);
    }
}

static void choose(struct yg_distance *d, struct sample *s, uint32_t at)
{
    const uint8_t *own = s->leaf + (size_t)s->p[at].place * s->s.width;

    add_mark(d, own);
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t far =
            differ(own, s->leaf + (size_t)s->p[i].place * s->s.width, s->s.width);
        if (far < s->p[i].near)
            s->p[i].near = far;
    }
}

/* Half of the landmarks are the most frequent patterns; each of the others is the pattern
 * farthest from all chosen before (Gonzalez 1985). */
static void choose_all(struct yg_distance *d, struct sample *s)
{
    qsort(s->p, s->n, sizeof(*s->p), by_count);
    for (uint32_t i = 0; i < s->n && i < YG_DISTANCE_MARKS / 2; i++)
        choose(d, s, i);
    while (d->marks < YG_DISTANCE_MARKS) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < s->n; i++)
            if (s->p[i].near > s->p[best].near)
                best = i;
        if (s->n == 0 || s->p[best].near == 0)
            break; /* all patterns are landmarks */
        choose(d, s, best);
    }
}

static struct yg_distance *make(struct shape s, uint32_t marks)
{
    struct yg_distance *d = calloc(1, sizeof(*d));

    if (d) {
        d->s = s;
        d->limit = 1.0F;
        d->leaf = calloc((marks + GROUP - 1) / GROUP + 1, (size_t)s.trees * GROUP + 1);
    }
    if (d && !d->leaf) {
        free(d);
        return NULL;
    }
    return d;
}

enum yg_status yg_distance_build(const struct yg_trees *t, const float *rows, size_t n,
                                 size_t stride, struct yg_distance **out,
                                 struct yg_err *err)
{
    struct sample s = { .s = shape_of(t) };
    struct yg_distance *d = make(s.s, YG_DISTANCE_MARKS);
    enum yg_status st = d ? sample_rows(&s, t, rows, n, stride) : YG_ENOMEM;

    if (st == YG_OK)
        choose_all(d, &s);
    sample_fini(&s);
    if (st != YG_OK) {
        yg_distance_free(d);
        return yg_err_set(err, st, "no memory for the landmarks of the training");
    }
    *out = d;
    return YG_OK;
}

void yg_distance_free(struct yg_distance *d)
{
    if (!d)
        return;
    free(d->leaf);
    free(d);
}

static int by_float(const void *x, const void *y)
{
    const float *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

void yg_distance_calibrate(struct yg_distance *d, float *v, size_t n)
{
    d->limit = 1.0F;
    d->radius = 0.0F;
    if (n == 0)
        return;
    qsort(v, n, sizeof(*v), by_float);
    d->radius = v[n / 100];
    if (n >= YG_DISTANCE_LEAST)
        d->limit = v[n - 1 - n / 1000];
}

float yg_distance_limit(const struct yg_distance *d)
{
    return d->limit;
}

float yg_distance_radius(const struct yg_distance *d)
{
    return d->radius;
}

/* ---- measuring -----------------------------------------------------------------------
 */

/* In how many trees the nearest landmark of a group has the leaf of this row. */
static inline __attribute__((always_inline)) uint32_t
most_equal(const uint8_t *group, const uint8_t *leaf, uint32_t trees)
{
    lane equal[GROUP / LANE] = { { 0 } };
    uint8_t most = 0, sum[LANE];

    for (uint32_t t = 0; t < trees; t++) {
        lane own = { 0 };
        own += leaf[t];
        for (uint32_t i = 0; i < GROUP / LANE; i++) {
            lane of;
            memcpy(&of, group + (size_t)t * GROUP + (size_t)i * LANE, LANE);
            equal[i] -= (lane)(of == own); /* true is -1 */
        }
    }
    for (uint32_t i = 1; i < GROUP / LANE; i++) {
        lane more = (lane)(equal[i] > equal[0]);
        equal[0] = (more & equal[i]) | (~more & equal[0]);
    }
    memcpy(sum, &equal[0], LANE);
    for (uint32_t i = 0; i < LANE; i++)
        most = sum[i] > most ? sum[i] : most;
    return most;
}

static uint32_t most_equal_plain(const uint8_t *group, const uint8_t *leaf,
                                 uint32_t trees)
{
    return most_equal(group, leaf, trees);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint32_t
most_equal_avx2(const uint8_t *group, const uint8_t *leaf, uint32_t trees)
{
    return most_equal(group, leaf, trees);
}
#else
#define most_equal_avx2 most_equal_plain
#endif

/* The smallest distance to a landmark of the groups up to the first that has one of at
 * most `enough` leaves. */
static float nearest(const struct yg_distance *d, const uint8_t *leaf, uint32_t enough)
{
    uint32_t (*look)(const uint8_t *, const uint8_t *, uint32_t) =
        yg_score_has_avx2() ? most_equal_avx2 : most_equal_plain;
    uint32_t best = d->s.trees;

    for (uint32_t i = 0; i < d->marks && (i == 0 || best > enough); i += GROUP) {
        uint32_t far = d->s.trees - look(d->leaf + place_of(d, i, 0), leaf, d->s.trees);
        best = far < best ? far : best;
    }
    return d->s.trees ? (float)best / (float)d->s.trees : 0.0F;
}

void yg_distance_of(const struct yg_distance *d, const struct yg_trees *t,
                    const float *row, float *out)
{
    uint8_t leaf[YG_DISTANCE_LEAVES];

    yg_distance_leaves(t, row, leaf);
    *out = nearest(d, leaf, 0);
}

void yg_distance_within(const struct yg_distance *d, const struct yg_trees *t,
                        const float *rows, size_t n, size_t stride, float *out)
{
    uint8_t leaf[YG_BLOCK * YG_DISTANCE_LEAVES];
    uint32_t enough = (uint32_t)(d->limit * (float)d->s.trees);

    while (enough > 0 && (float)enough / (float)d->s.trees > d->limit)
        enough--; /* the product was rounded up */
    for (size_t i = 0; i < n; i += YG_BLOCK) {
        const struct yg_leaves_ask ask = { .rows = rows + i * stride,
                                           .n = n - i < YG_BLOCK ? n - i : YG_BLOCK,
                                           .stride = stride,
                                           .every = d->s.every,
                                           .width = YG_DISTANCE_LEAVES };
        yg_trees_leaves_some(t, &ask, leaf);
        for (size_t k = 0; k < ask.n; k++)
            out[i + k] = nearest(d, leaf + k * YG_DISTANCE_LEAVES, enough);
    }
}

/* ---- bytes --------------------------------------------------------------------------
 */

static void put_float(struct yg_buf *out, float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    yg_buf_u32(out, bits);
}

static float take_float(struct yg_cursor *in)
{
    uint32_t bits = yg_cursor_le32(in);
    float v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

void yg_distance_write(const struct yg_distance *d, struct yg_buf *out)
{
    yg_buf_u32(out, FORMAT);
    yg_buf_u32(out, d->s.trees);
    yg_buf_u32(out, d->marks);
    put_float(out, d->limit);
    put_float(out, d->radius);
    for (uint32_t i = 0; i < d->marks; i++)
        for (uint32_t t = 0; t < d->s.trees; t++)
            yg_buf_u8(out, d->leaf[place_of(d, i, t)]);
}

static bool is_share(float v)
{
    return v >= 0.0F && v <= 1.0F; /* not a NaN */
}

enum yg_status yg_distance_read(struct yg_cursor *in, const struct yg_trees *t,
                                struct yg_distance **out, struct yg_err *err)
{
    struct shape s = shape_of(t);
    uint32_t format = yg_cursor_le32(in), trees = yg_cursor_le32(in);
    uint32_t marks = yg_cursor_le32(in);
    float limit = take_float(in), radius = take_float(in);

    if (!yg_cursor_ok(in) || format != FORMAT || trees != s.trees ||
        marks > YG_DISTANCE_MARKS || !is_share(limit) || !is_share(radius))
        return yg_err_set(err, YG_EFORMAT, "the model's landmarks cannot be read");
    struct yg_distance *d = make(s, marks);
    if (!d)
        return yg_err_set(err, YG_ENOMEM, "no memory for the landmarks of the training");
    d->limit = limit;
    d->radius = radius;
    for (uint32_t i = 0; i < marks; i++) {
        struct yg_str leaf = yg_cursor_take(in, s.trees);
        if (leaf.n == s.trees)
            add_mark(d, (const uint8_t *)leaf.p);
    }
    if (!yg_cursor_ok(in)) {
        yg_distance_free(d);
        return yg_err_set(err, YG_EFORMAT, "the model's landmarks end early");
    }
    *out = d;
    return YG_OK;
}
