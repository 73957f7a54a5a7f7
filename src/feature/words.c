/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/words.h"

#include "base/status.h"
#include "feature/features.h"

#define TEXT_MAX 512

static const struct yg_word words[] = {
#define YG_WORD(text, end, feature)                                                      \
    { text, sizeof(text) - 1, YG_WORD_##end, YG_X_##feature },
#include "feature/words.def"
#undef YG_WORD
};

struct table {
    const struct yg_word *word;
    size_t n;
};

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static bool is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The first word that begins with `letter` or a later one. */
static size_t first_of(struct table t, unsigned char letter)
{
    size_t low = 0, high = t.n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if ((unsigned char)t.word[mid].text[0] < letter)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Raise row[value] of every word that begins at `p`, in lower-case text of which `n`
 * bytes and a 0 are left. */
static void match(struct table t, const unsigned char *p, size_t n, float *row)
{
    for (size_t i = first_of(t, p[0]); i < t.n; i++) {
        const struct yg_word *w = &t.word[i];
        if ((unsigned char)w->text[0] != p[0])
            break;
        if (w->length <= n && (w->length < 2 || w->text[1] == (char)p[1]) &&
            memcmp(p, w->text, w->length) == 0 &&
            (w->end == YG_WORD_PREFIX || !is_alnum(p[w->length])))
            row[w->value] = 1;
    }
}

static void scan(struct table t, struct yg_str text, float *row)
{
    unsigned char low[TEXT_MAX + 1];
    size_t n = text.n < TEXT_MAX ? text.n : TEXT_MAX;
    bool inside = false;

    for (size_t i = 0; i < n; i++)
        low[i] = lower((unsigned char)text.p[i]);
    low[n] = 0;
    for (size_t i = 0; i < n; i++) {
        bool now = is_alnum(low[i]);
        if (now && !inside)
            match(t, low + i, n - i, row);
        inside = now;
    }
}

void yg_words_flag(struct yg_str text, float *row)
{
    scan((struct table){ words, YG_ARRAY_LEN(words) }, text, row);
}

bool yg_words_any(struct yg_str text, const struct yg_word *table, size_t n)
{
    float hit[UINT8_MAX + 1];

    for (size_t i = 0; i < n; i++)
        hit[table[i].value] = 0;
    scan((struct table){ table, n }, text, hit);
    for (size_t i = 0; i < n; i++)
        if (hit[table[i].value] > 0)
            return true;
    return false;
}
