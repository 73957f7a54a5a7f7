/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/log_signs.h"

#include "decode/log_json.h"

#include <stdlib.h>

#define TERMS_MAX    640
#define DIALECTS_MAX 512

struct term {
    struct yg_str value; /* empty: any */
    uint16_t alternative;
    uint8_t slot;
};

struct yg_log_signs {
    struct yg_json_paths *paths;
    uint8_t via_time, via_host; /* slots */
    size_t count;
    struct term term[TERMS_MAX];      /* by dialect, then alternative */
    uint16_t first[DIALECTS_MAX + 1]; /* of each dialect's terms; the next ends them */
};

bool yg_log_alternative(struct yg_str *signs, struct yg_str *out)
{
    if (!signs->p)
        return false;
    *out = yg_str_cut(signs, '|');
    return true;
}

bool yg_log_sign_next(struct yg_str *alternative, struct yg_str *path,
                      struct yg_str *value)
{
    struct yg_str word;

    if (!yg_word(alternative, &word))
        return false;
    *path = yg_str_cut(&word, '=');
    *value = word;
    return true;
}

static uint8_t slot_of(struct yg_json_want *want, size_t *n, struct yg_str path)
{
    size_t i = 0;

    while (i < *n && !yg_str_eq(want[i].path, path))
        i++;
    YG_ASSERT(i < YG_JSON_SLOTS - YG_LOG_ROOTS);
    if (i == *n)
        want[(*n)++] = (struct yg_json_want){ path, false };
    return (uint8_t)i;
}

static void add_dialect(struct yg_log_signs *s, size_t k, struct yg_json_want *want,
                        size_t *n)
{
    struct yg_str signs = yg_str_of(yg_dialects[k]->signs), one, path, value;

    for (uint16_t a = 0; yg_log_alternative(&signs, &one); a++)
        while (yg_log_sign_next(&one, &path, &value)) {
            YG_ASSERT(s->count < TERMS_MAX);
            s->term[s->count++] = (struct term){ .value = value,
                                                 .alternative = a,
                                                 .slot = slot_of(want, n, path) };
        }
}

enum yg_status yg_log_signs_new(struct yg_log_signs **out)
{
    struct yg_json_want want[YG_JSON_SLOTS];
    struct yg_log_signs *s = calloc(1, sizeof(*s));
    size_t n = 0;

    if (!s)
        return YG_ENOMEM;
    for (size_t k = 0; yg_dialects[k]; k++) {
        YG_ASSERT(k < DIALECTS_MAX);
        if (yg_dialects[k]->signs)
            add_dialect(s, k, want, &n);
        s->first[k + 1] = (uint16_t)s->count;
    }
    s->via_time = slot_of(want, &n, YG_STR("yagura_via.time"));
    s->via_host = slot_of(want, &n, YG_STR("yagura_via.host"));
    n = yg_log_roots(want, n);
    enum yg_status st = yg_json_paths_new(want, n, true, &s->paths);
    if (st != YG_OK) {
        yg_log_signs_free(s);
        return st;
    }
    *out = s;
    return YG_OK;
}

void yg_log_signs_free(struct yg_log_signs *s)
{
    if (!s)
        return;
    yg_json_paths_free(s->paths);
    free(s);
}

const struct yg_json_paths *yg_log_signs_paths(const struct yg_log_signs *s)
{
    return s->paths;
}

void yg_log_signs_via(const struct yg_log_signs *s, const struct yg_json_hits *h,
                      struct yg_str *time, struct yg_str *host)
{
    const struct yg_json_value *v = yg_json_hit(h, s->via_time);

    *time = v && !v->escaped ? v->text : YG_STR_NONE;
    v = yg_json_hit(h, s->via_host);
    *host = v && !v->escaped ? v->text : YG_STR_NONE;
}

static bool holds(const struct term *t, const struct yg_json_hits *h)
{
    const struct yg_json_value *v = yg_json_hit(h, t->slot);
    struct yg_str want = t->value;

    if (!v || want.n == 0)
        return v != NULL;
    if (v->type == YG_JSON_ARRAY)
        return false;
    if (want.p[want.n - 1] != '*')
        return yg_str_eq_nocase(v->text, want);
    want.n--;
    return v->text.n >= want.n &&
           yg_str_eq_nocase((struct yg_str){ v->text.p, want.n }, want);
}

/* The more there is to recognise it by, the surer. */
int yg_log_signs_match(const struct yg_log_signs *s, size_t k,
                       const struct yg_json_hits *h)
{
    size_t end = s->first[k + 1];
    int best = 0;

    for (size_t i = s->first[k]; i < end;) {
        uint16_t alternative = s->term[i].alternative;
        int sure = 50;
        bool all = true;
        for (; i < end && s->term[i].alternative == alternative; i++) {
            all = all && holds(&s->term[i], h);
            sure += s->term[i].value.n ? 10 : 5;
        }
        if (all && sure > best)
            best = sure;
    }
    return best < YG_LOG_CERTAIN ? best : YG_LOG_CERTAIN - 1;
}
