/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols_priv.h"

#include "feature/bytestat.h"

#define GRAM        4U
#define GRAMS_MAX   4096U /* of a side are looked at */
#define GRAM_BITS   15U
#define GRAM_GROUPS 4U
#define TEXTS       16U

/* Offsets within a side's block of columns. */
enum { B_ENTROPY, B_PRINT, B_ZERO, B_HIGH, B_RUN, B_BYTES, B_GRAMS, B_GROUP };
_Static_assert(YG_X_P_GRAM1_C - YG_X_P_ENTROPY_C == B_GROUP, "a block a side");
_Static_assert(YG_X_P_GRAM4_C - YG_X_P_GRAM1_C == GRAM_GROUPS - 1, "a block a side");
_Static_assert(YG_X_P_GRAM4_S - YG_X_P_ENTROPY_S == B_GROUP + GRAM_GROUPS - 1,
               "a block a side");

static bool is_text(char b)
{
    unsigned char c = (unsigned char)b;

    return (c >= 0x20 && c <= 0x7e) || c == '\t' || c == '\r' || c == '\n';
}

/* All of TEXTS bytes: in one go where the compiler can (speed only). */
static bool all_text(const char *p)
{
    unsigned other = 0;

    for (size_t i = 0; i < TEXTS; i++)
        other |= !is_text(p[i]);
    return other == 0;
}

/* A run from `i` that is longer than the best covers the byte `best` further on: from
 * there it is looked at backwards, and most of what is no text is passed by. */
static uint32_t longest_text(struct yg_str s)
{
    size_t best = 0;

    for (size_t i = 0; i + best < s.n;) {
        size_t end = i + best + 1, back = end;
        while (back > i && is_text(s.p[back - 1]))
            back--;
        if (back > i) {
            i = back;
            continue;
        }
        while (s.n - end >= TEXTS && all_text(s.p + end))
            end += TEXTS;
        while (end < s.n && is_text(s.p[end]))
            end++;
        best = end - i;
        i = end + 1;
    }
    return (uint32_t)best;
}

/* Which 4-byte pieces there are, by hash: a bitmap. Which bucket they fall into depends
 * on nothing but the content. */
static void put_grams(struct yg_str s, float *block)
{
    uint64_t seen[(1U << GRAM_BITS) / 64] = { 0 };
    uint32_t all = 0, group[GRAM_GROUPS] = { 0 };
    size_t n = s.n < GRAMS_MAX ? s.n : GRAMS_MAX;

    if (n < GRAM)
        return;
    for (size_t i = 0; i + GRAM <= n; i++) {
        const unsigned char *p = (const unsigned char *)s.p + i;
        uint32_t gram = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                        (uint32_t)p[3] << 24;
        uint32_t hash = gram * 2654435761U; /* Knuth, 6.4: 2^32 over the golden ratio */
        uint32_t slot = hash >> (32 - GRAM_BITS);
        uint64_t was = seen[slot / 64], bit = UINT64_C(1) << (slot % 64);
        uint32_t fresh = (was & bit) == 0; /* no branch: nobody could foretell it */
        seen[slot / 64] = was | bit;
        all += fresh;
        group[slot % GRAM_GROUPS] += fresh;
    }
    block[B_GRAMS] = (float)all / (float)(n - GRAM + 1);
    for (uint32_t g = 0; g < GRAM_GROUPS; g++)
        block[B_GROUP + g] = (float)group[g] / (float)all;
}

static void put_side(struct yg_str bytes, float *block)
{
    if (bytes.n > YG_BYTESTAT_MAX)
        bytes.n = YG_BYTESTAT_MAX;
    if (bytes.n == 0)
        return;
    struct yg_bytestat stat = yg_bytestat_of(bytes);
    block[B_ENTROPY] = stat.entropy;
    block[B_PRINT] = stat.printable;
    block[B_ZERO] = stat.zero;
    block[B_HIGH] = stat.high;
    block[B_RUN] = (float)longest_text(bytes);
    block[B_BYTES] = (float)stat.different;
    put_grams(bytes, block);
}

void yg_packet_bytes(const struct yg_talk *t, float *row)
{
    put_side(t->side[YG_TO_SERVER].bytes, row + YG_X_P_ENTROPY_C);
    put_side(t->side[YG_TO_CLIENT].bytes, row + YG_X_P_ENTROPY_S);
}
