/* SPDX-License-Identifier: Apache-2.0 */
#include "model/trees.h"

#include "model/softmax.h"

#ifndef __x86_64__

bool yg_score_has_avx2(void)
{
    return false;
}

void yg_score_block_avx2(const struct yg_trees *t, const float *rows, size_t n,
                         size_t stride, float *p)
{
    yg_score_block_scalar(t, rows, n, stride, p);
}

void yg_leaves_block_avx2(const struct yg_trees *t, const struct yg_leaves_ask *ask,
                          uint8_t *leaf)
{
    (void)t, (void)ask, (void)leaf; /* never called */
}

#else

#include <immintrin.h>

/* 32 rows at a time: every node of a tree is compared for all rows (one byte a row), and
 * the numbers of the leaves are selected from the bottom up; no branch and no gather
 * depends on a row. Within a vector of 32 bytes the rows stand as packing four vectors
 * of 8 leaves them, and as unpacking into four wants them:
 *
 *      0-3 8-11 16-19 24-27 | 4-7 12-15 20-23 28-31
 */

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

bool yg_score_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* ---- bins ------------------------------------------------------------------------- */

/* One feature of 32 rows: a = rows 0-7, ... */
struct floats32 {
    __m256 a, b, c, d;
};

struct ints32 {
    __m256i a, b, c, d;
};

/* Eight columns of the block, as far as they have been asked for. */
struct columns {
    const float *row[YG_BLOCK];
    uint32_t features;
    uint32_t first; /* first of the eight features in x; UINT32_MAX: none yet */
    _Alignas(32) float x[8][YG_BLOCK];
};

/* 8 rows x 8 features, transposed. */
AVX2_INLINE void transpose(const float *const row[8], uint32_t first, float *out)
{
    __m256 r[8], s[8];

    for (int i = 0; i < 8; i++)
        r[i] = _mm256_loadu_ps(row[i] + first);
    for (int i = 0; i < 8; i += 2) {
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_store_ps(out + i * YG_BLOCK, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_store_ps(out + (i + 4) * YG_BLOCK,
                        _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
}

/* The 32 values of `feature`. Features are asked for in ascending order. */
AVX2_INLINE struct floats32 values_of(struct columns *c, uint32_t feature)
{
    if (c->features < 8) {
        for (int i = 0; i < YG_BLOCK; i++)
            c->x[0][i] = c->row[i][feature];
        c->first = feature;
    } else if (c->first == UINT32_MAX || feature - c->first >= 8) {
        /* Not past the end of a row. */
        c->first = feature + 8 <= c->features ? feature : c->features - 8;
        for (int i = 0; i < YG_BLOCK; i += 8)
            transpose(c->row + i, c->first, &c->x[0][i]);
    }
    const float *x = c->x[feature - c->first];
    return (struct floats32){ _mm256_load_ps(x), _mm256_load_ps(x + 8),
                              _mm256_load_ps(x + 16), _mm256_load_ps(x + 24) };
}

/* at = 2 at + (x >= cut) */
AVX2_INLINE __m256i step(__m256i at, __m256 x, __m256 cut)
{
    __m256i reached = _mm256_castps_si256(_mm256_cmp_ps(x, cut, _CMP_GE_OQ));

    return _mm256_sub_epi32(_mm256_add_epi32(at, at), reached);
}

/* Place `at` < 16 of a level of 16 places. */
AVX2_INLINE __m256 pick16(const float *level, __m256i at)
{
    __m256 lo = _mm256_permutevar8x32_ps(_mm256_loadu_ps(level), at);
    __m256 hi = _mm256_permutevar8x32_ps(_mm256_loadu_ps(level + 8), at);

    return _mm256_blendv_ps(lo, hi, _mm256_castsi256_ps(_mm256_slli_epi32(at, 28)));
}

/* How many cuts are at or below each value: the search of yg_bins_of_row. */
AVX2_INLINE struct ints32 search(const float *heap, uint32_t steps, struct floats32 x)
{
    __m256i zero = _mm256_setzero_si256();
    struct ints32 at = { zero, zero, zero, zero };
    const float *level = heap;

    for (uint32_t s = 0; s < steps; s++, level = heap + (1U << s) - 1) {
        if (s < 4) {
            __m256 v = _mm256_loadu_ps(level);
            at.a = step(at.a, x.a, _mm256_permutevar8x32_ps(v, at.a));
            at.b = step(at.b, x.b, _mm256_permutevar8x32_ps(v, at.b));
            at.c = step(at.c, x.c, _mm256_permutevar8x32_ps(v, at.c));
            at.d = step(at.d, x.d, _mm256_permutevar8x32_ps(v, at.d));
        } else if (s == 4) {
            at.a = step(at.a, x.a, pick16(level, at.a));
            at.b = step(at.b, x.b, pick16(level, at.b));
            at.c = step(at.c, x.c, pick16(level, at.c));
            at.d = step(at.d, x.d, pick16(level, at.d));
        } else {
            at.a = step(at.a, x.a, _mm256_i32gather_ps(level, at.a, 4));
            at.b = step(at.b, x.b, _mm256_i32gather_ps(level, at.b, 4));
            at.c = step(at.c, x.c, _mm256_i32gather_ps(level, at.c, 4));
            at.d = step(at.d, x.d, _mm256_i32gather_ps(level, at.d, 4));
        }
    }
    return at;
}

AVX2_INLINE void store_bins(int8_t *to, struct ints32 at)
{
    __m256i ab = _mm256_packus_epi32(at.a, at.b), cd = _mm256_packus_epi32(at.c, at.d);
    __m256i bytes = _mm256_packus_epi16(ab, cd);

    _mm256_store_si256((__m256i *)(void *)to,
                       _mm256_xor_si256(bytes, _mm256_set1_epi8((char)YG_BIN_BIAS)));
}

/* 255 where the value is missing. */
AVX2_INLINE __m256i or_missing(__m256i at, __m256 x)
{
    __m256i missing = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));

    return _mm256_or_si256(at, _mm256_srli_epi32(missing, 24));
}

AVX2 static void make_bins(const struct yg_trees *t, struct columns *c,
                           struct yg_bins *bins)
{
    _mm256_store_si256((__m256i *)(void *)bins->at, _mm256_set1_epi8((char)YG_BIN_BIAS));
    for (uint32_t i = 0; i < t->used_count; i++) {
        const struct yg_used_feature *u = &t->used[i];
        struct floats32 x = values_of(c, u->feature);
        struct ints32 at = search(t->search + u->search, u->steps, x);
        if (u->column_left)
            store_bins(bins->at + u->column_left, at);
        if (u->column_right) {
            at.a = or_missing(at.a, x.a);
            at.b = or_missing(at.b, x.b);
            at.c = or_missing(at.c, x.c);
            at.d = or_missing(at.d, x.d);
            store_bins(bins->at + u->column_right, at);
        }
    }
}

/* ---- trees ------------------------------------------------------------------------ */

/* The numbers 1, 3, 5, ... of right leaves, one to a vector. */
struct odd {
    __m256i number[1 << (YG_TREE_DEPTH_MAX - 1)];
};

struct nodes {
    const int8_t *bins;
    const struct yg_flat_node *node;
    const __m256i *odd;
};

/* All ones in the rows that go left at node `at`. */
AVX2_INLINE __m256i left_at(const struct nodes *n, uint32_t at)
{
    const void *bins = n->bins + n->node[at].column;

    return _mm256_cmpgt_epi8(_mm256_set1_epi8(n->node[at].cut),
                             _mm256_load_si256((const __m256i *)bins));
}

/* leavesN: the leaf that each row reaches from node `at`, N levels above the leaves;
 * `first` is half the number of the leftmost. One function a level, because recursion
 * is not inlined. */
AVX2_INLINE __m256i leaves1(const struct nodes *n, uint32_t at, uint32_t first)
{
    return _mm256_add_epi8(n->odd[first], left_at(n, at));
}

AVX2_INLINE __m256i leaves2(const struct nodes *n, uint32_t at, uint32_t first)
{
    __m256i left = leaves1(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves1(n, 2 * at + 2, first + 1), left, left_at(n, at));
}

AVX2_INLINE __m256i leaves3(const struct nodes *n, uint32_t at, uint32_t first)
{
    __m256i left = leaves2(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves2(n, 2 * at + 2, first + 2), left, left_at(n, at));
}

AVX2_INLINE __m256i leaves4(const struct nodes *n, uint32_t at, uint32_t first)
{
    __m256i left = leaves3(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves3(n, 2 * at + 2, first + 4), left, left_at(n, at));
}

AVX2_INLINE __m256i leaves5(const struct nodes *n, uint32_t at, uint32_t first)
{
    __m256i left = leaves4(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves4(n, 2 * at + 2, first + 8), left, left_at(n, at));
}

AVX2_INLINE __m256i leaves6(const struct nodes *n, uint32_t at, uint32_t first)
{
    __m256i left = leaves5(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves5(n, 2 * at + 2, first + 16), left, left_at(n, at));
}

/* From here on the code would outgrow the cache for instructions. */
AVX2 static YG_NOINLINE __m256i leaves7(const struct nodes *n, uint32_t at,
                                        uint32_t first)
{
    __m256i left = leaves6(n, 2 * at + 1, first);
    return _mm256_blendv_epi8(leaves6(n, 2 * at + 2, first + 32), left, left_at(n, at));
}

AVX2 static YG_NOINLINE __m256i leaves8(const struct nodes *n)
{
    __m256i left = leaves7(n, 1, 0);
    return _mm256_blendv_epi8(leaves7(n, 2, 64), left, left_at(n, 0));
}

AVX2_INLINE __m256i leaves_of(const struct nodes *n, uint32_t depth)
{
    switch (depth) {
    case 0:
        return _mm256_setzero_si256();
    case 1:
        return leaves1(n, 0, 0);
    case 2:
        return leaves2(n, 0, 0);
    case 3:
        return leaves3(n, 0, 0);
    case 4:
        return leaves4(n, 0, 0);
    case 5:
        return leaves5(n, 0, 0);
    case 6:
        return leaves6(n, 0, 0);
    case 7:
        return leaves7(n, 0, 0);
    default:
        return leaves8(n);
    }
}

/* ---- leaves ----------------------------------------------------------------------- */

/* The bytes at places `leaf` of a plane of 16, 32 or 64. */
AVX2_INLINE __m256i look_up(const uint8_t *plane, uint32_t places, __m256i leaf)
{
    const __m128i *p = (const __m128i *)(const void *)plane;
    __m256i quarter[4];

    for (uint32_t i = 0; i < places / 16; i++)
        quarter[i] = _mm256_shuffle_epi8(
            _mm256_broadcastsi128_si256(_mm_loadu_si128(p + i)), leaf);
    if (places == 16)
        return quarter[0];
    __m256i bit4 = _mm256_slli_epi16(leaf, 3), bit5 = _mm256_slli_epi16(leaf, 2);
    __m256i lo = _mm256_blendv_epi8(quarter[0], quarter[1], bit4);
    if (places == 32)
        return lo;
    return _mm256_blendv_epi8(lo, _mm256_blendv_epi8(quarter[2], quarter[3], bit4), bit5);
}

AVX2_INLINE void add_to(float *sum, __m256i bits)
{
    _mm256_store_ps(sum, _mm256_add_ps(_mm256_load_ps(sum), _mm256_castsi256_ps(bits)));
}

AVX2_INLINE void add_planes(const uint8_t *plane, uint32_t places, __m256i leaf,
                            float *sum)
{
    __m256i b0 = look_up(plane, places, leaf);
    __m256i b1 = look_up(plane + places, places, leaf);
    __m256i b2 = look_up(plane + 2 * (size_t)places, places, leaf);
    __m256i b3 = look_up(plane + 3 * (size_t)places, places, leaf);
    __m256i lo01 = _mm256_unpacklo_epi8(b0, b1), hi01 = _mm256_unpackhi_epi8(b0, b1);
    __m256i lo23 = _mm256_unpacklo_epi8(b2, b3), hi23 = _mm256_unpackhi_epi8(b2, b3);

    add_to(sum, _mm256_unpacklo_epi16(lo01, lo23));
    add_to(sum + 8, _mm256_unpackhi_epi16(lo01, lo23));
    add_to(sum + 16, _mm256_unpacklo_epi16(hi01, hi23));
    add_to(sum + 24, _mm256_unpackhi_epi16(hi01, hi23));
}

/* Where row `r` stands in a vector of bytes. */
static inline uint32_t place_of(uint32_t r)
{
    return r / 8 * 4 + r % 4 + (r & 4) * 4;
}

/* Deep trees: too many leaves to shuffle. */
AVX2 static YG_NOINLINE void add_deep(const float *value, __m256i leaf, float *sum)
{
    _Alignas(32) uint8_t at[YG_BLOCK];

    _mm256_store_si256((__m256i *)(void *)at, leaf);
    for (uint32_t r = 0; r < YG_BLOCK; r++)
        sum[r] += value[at[place_of(r)]];
}

AVX2_INLINE void add_leaves(const struct yg_trees *t, const struct yg_tree *tree,
                            __m256i leaf, float *sum)
{
    const uint8_t *plane = t->plane + tree->plane;

    if (tree->depth <= 4)
        add_planes(plane, 16, leaf, sum);
    else if (tree->depth == 5)
        add_planes(plane, 32, leaf, sum);
    else if (tree->depth == YG_PLANE_DEPTH)
        add_planes(plane, 64, leaf, sum);
    else
        add_deep(t->leaf + tree->leaf, leaf, sum);
}

/* ---- block ------------------------------------------------------------------------ */

AVX2 static void number_odd(struct odd *odd)
{
    for (int i = 0; i < 1 << (YG_TREE_DEPTH_MAX - 1); i++)
        odd->number[i] = _mm256_set1_epi8((char)(2 * i + 1));
}

AVX2 static void add_trees(const struct yg_trees *t, const struct yg_bins *bins,
                           float m[YG_LEVEL_COUNT][YG_BLOCK])
{
    struct odd odd;

    number_odd(&odd);
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        for (int r = 0; r < YG_BLOCK; r++)
            m[c][r] = t->plain.base;
    for (uint32_t i = 0; i < t->plain.trees; i++) {
        const struct yg_tree *tree = &t->tree[i];
        struct nodes n = { bins->at, t->node + tree->node, odd.number };
        add_leaves(t, tree, leaves_of(&n, tree->depth), m[tree->level]);
    }
}

static void take_rows(struct columns *c, const struct yg_trees *t, const float *rows,
                      size_t n, size_t stride)
{
    c->features = t->plain.features;
    c->first = UINT32_MAX;
    for (size_t r = 0; r < YG_BLOCK; r++) /* idle lanes repeat the last row */
        c->row[r] = rows + (r < n ? r : n - 1) * stride;
}

AVX2 void yg_leaves_block_avx2(const struct yg_trees *t, const struct yg_leaves_ask *ask,
                               uint8_t *leaf)
{
    struct yg_bins bins;
    struct columns c;
    struct odd odd;
    _Alignas(32) uint8_t at[YG_BLOCK];

    number_odd(&odd);
    take_rows(&c, t, ask->rows, ask->n, ask->stride);
    make_bins(t, &c, &bins);
    for (uint32_t i = 0; i < t->plain.trees; i += ask->every, leaf++) {
        const struct yg_tree *tree = &t->tree[i];
        struct nodes n = { bins.at, t->node + tree->node, odd.number };
        _mm256_store_si256((__m256i *)(void *)at, leaves_of(&n, tree->depth));
        for (uint32_t r = 0; r < ask->n; r++)
            leaf[r * ask->width] = at[place_of(r)];
    }
}

AVX2 void yg_score_block_avx2(const struct yg_trees *t, const float *rows, size_t n,
                              size_t stride, float *p)
{
    struct yg_bins bins;
    struct columns c;
    _Alignas(32) float m[YG_LEVEL_COUNT][YG_BLOCK];

    take_rows(&c, t, rows, n, stride);
    make_bins(t, &c, &bins);
    add_trees(t, &bins, m);
    yg_softmax_block(m);
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < YG_LEVEL_COUNT; k++)
            p[r * YG_LEVEL_COUNT + k] = m[k][r];
}

#endif
