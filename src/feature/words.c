/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/words.h"

#include "base/status.h"
#include "feature/features.h"

#define TEXT_MAX 512

enum how { PREFIX, WHOLE };

static const struct word {
    const char *text;
    uint8_t length;
    uint8_t how;
    uint8_t feature;
} word[] = {
#define YG_WORD(text, how, feature) { text, sizeof(text) - 1, how, YG_X_##feature },
#include "feature/words.def"
#undef YG_WORD
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
static size_t first_of(unsigned char letter)
{
    size_t low = 0, high = YG_ARRAY_LEN(word);

    while (low < high) {
        size_t mid = (low + high) / 2;
        if ((unsigned char)word[mid].text[0] < letter)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* `p` is a word's beginning in lower-case text of `n` bytes that ends with a 0. */
static void match(const unsigned char *p, size_t n, float *row)
{
    for (size_t i = first_of(p[0]);
         i < YG_ARRAY_LEN(word) && (unsigned char)word[i].text[0] == p[0]; i++) {
        size_t length = word[i].length;
        if (length <= n && memcmp(p, word[i].text, length) == 0 &&
            (word[i].how == PREFIX || !is_alnum(p[length])))
            row[word[i].feature] = 1;
    }
}

void yg_words_flag(struct yg_str text, float *row)
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
            match(low + i, n - i, row);
        inside = now;
    }
}
