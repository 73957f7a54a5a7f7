/* SPDX-License-Identifier: Apache-2.0 */
#include "query/query_priv.h"

#include <string.h>

static const struct own {
    const char *name, *doc;
    enum yg_query_type type;
} own[] = {
#define YG_OWN(id, name, type, doc) { name, doc, YG_QY_##type },
#define YG_ALIAS(name, of)
#define YG_LOOKED_IN(field)
#define YG_LISTED(field)
#include "query/names.def"
#undef YG_OWN
#undef YG_ALIAS
};

static const struct {
    const char *name, *of;
} alias[] = {
#define YG_OWN(id, name, type, doc)
#define YG_ALIAS(name, of) { name, of },
#include "query/names.def"
#undef YG_OWN
#undef YG_ALIAS
#undef YG_LOOKED_IN
#undef YG_LISTED
};

enum yg_query_type yg_query_type_of(unsigned what)
{
    static const enum yg_query_type of[] = { [YG_T_STR] = YG_QY_TEXT,
                                             [YG_T_U64] = YG_QY_NUMBER,
                                             [YG_T_IP] = YG_QY_IP,
                                             [YG_T_BYTES] = YG_QY_BYTES,
                                             [YG_T_TIME] = YG_QY_TIME };

    if (what < YG_FIELD_COUNT)
        return of[yg_field_info[what].type];
    return what < YG_QO_ANYWHERE ? own[what - YG_FIELD_COUNT].type : YG_QY_TEXT;
}

const char *yg_query_name_of(unsigned what)
{
    if (what < YG_FIELD_COUNT)
        return yg_field_info[what].name;
    return what < YG_QO_ANYWHERE ? own[what - YG_FIELD_COUNT].name : "";
}

static int exact(struct yg_str name)
{
    for (unsigned i = 0; i < YG_QO_ANYWHERE; i++)
        if (yg_str_eq_nocase(name, yg_str_of(yg_query_name_of(i))))
            return (int)i;
    return -1;
}

int yg_query_what(struct yg_str name)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(alias); i++)
        if (yg_str_eq_nocase(name, yg_str_of(alias[i].name)))
            return exact(yg_str_of(alias[i].of));
    return exact(name);
}

/* Damerau's distance would be better for swapped letters; this one is enough to tell a
 * mistyped name from others. At most 64 letters are looked at. */
static size_t distance(struct yg_str a, struct yg_str b)
{
    size_t row[65], m = b.n < 64 ? b.n : 64, n = a.n < 64 ? a.n : 64;

    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t swap = corner + (yg_str_may_start(a.p[i - 1], b.p[j - 1]) ? 0U : 1U);
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = swap < least ? swap : least;
        }
    }
    return row[m];
}

/* An unknown name's last part is often right: "src.ip", "http.status_code". */
static size_t unlike(struct yg_str name, const char *known)
{
    struct yg_str k = yg_str_of(known);
    size_t d = 2 * distance(name, k);

    return name.n > 2 && yg_str_has_nocase(k, name) ? d / 4 : d;
}

const char *yg_query_nearest(struct yg_str name)
{
    const char *best = "";
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < YG_QO_ANYWHERE + YG_ARRAY_LEN(alias); i++) {
        const char *known = i < YG_QO_ANYWHERE ? yg_query_name_of((unsigned)i)
                                               : alias[i - YG_QO_ANYWHERE].name;
        size_t d = unlike(name, known);
        if (d < least) {
            least = d;
            best = known;
        }
    }
    return best;
}

bool yg_query_looked_in(unsigned what)
{
    switch (what) {
#define YG_OWN(id, name, type, doc)
#define YG_ALIAS(name, of)
#define YG_LOOKED_IN(field) case YG_F_##field:
#define YG_LISTED(field)
#include "query/names.def"
#undef YG_LOOKED_IN
#undef YG_LISTED
        return true;
    default:
        return what == YG_QO_ANYWHERE;
    }
}

bool yg_query_listed(unsigned what)
{
    switch (what) {
#define YG_LOOKED_IN(field)
#define YG_LISTED(field) case YG_F_##field:
#include "query/names.def"
#undef YG_OWN
#undef YG_ALIAS
#undef YG_LOOKED_IN
#undef YG_LISTED
        return true;
    default:
        return false;
    }
}

void yg_query_each_name(void (*each)(void *arg, const char *name, const char *doc,
                                     const char *of),
                        void *arg)
{
    for (unsigned i = 0; i < YG_QO_ANYWHERE; i++)
        each(arg, yg_query_name_of(i),
             i < YG_FIELD_COUNT ? yg_field_info[i].doc : own[i - YG_FIELD_COUNT].doc,
             NULL);
    for (size_t i = 0; i < YG_ARRAY_LEN(alias); i++)
        each(arg, alias[i].name, NULL, alias[i].of);
}
