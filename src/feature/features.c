/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/features.h"

#include "base/jsonw.h"

const struct yg_feature_info yg_feature_info[YG_FEATURE_COUNT] = {
#define YG_FEATURE(group, id, name, type, unit, window, doc)                             \
    { name, unit, window, doc, YG_G_##group, YG_FT_##type },
#include "feature/features.def"
#undef YG_FEATURE
};

const char *yg_feature_group_name(enum yg_feature_group g)
{
    static const char *const name[YG_G_COUNT] = { "fixed", "flow", "packet", "context",
                                                  "history" };

    return name[g];
}

const char *yg_feature_type_name(enum yg_feature_type t)
{
    static const char *const name[] = { "count", "ratio", "flag", "time", "category" };

    return name[t];
}

bool yg_feature_is_shape(enum yg_feature f)
{
    return yg_feature_info[f].group == YG_G_PACKET &&
           !(f >= YG_X_P_OUTCOME && f <= YG_X_P_BEACON);
}

int yg_feature_by_name(struct yg_str name)
{
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        if (yg_str_eq(name, yg_str_of(yg_feature_info[i].name)))
            return i;
    return -1;
}

void yg_feature_schema_digest(unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;
    unsigned char code[2] = { YG_FEATURE_CODE & 255, YG_FEATURE_CODE >> 8 };

    yg_digest_init(&d);
    yg_digest_add(&d, code, sizeof(code));
    for (int i = 0; i < YG_FEATURE_COUNT; i++) {
        const struct yg_feature_info *f = &yg_feature_info[i];
        const char *part[] = { f->name, yg_feature_type_name(f->type), f->unit,
                               f->window };
        for (size_t k = 0; k < YG_ARRAY_LEN(part); k++)
            yg_digest_add(&d, part[k], strlen(part[k]) + 1);
    }
    yg_digest_done(&d, out);
}

static void print_json(struct yg_jsonw *w, int i)
{
    const struct yg_feature_info *f = &yg_feature_info[i];

    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "column", (uint64_t)i);
    yg_jsonw_kcstr(w, "name", f->name);
    yg_jsonw_kcstr(w, "group", yg_feature_group_name(f->group));
    yg_jsonw_kcstr(w, "type", yg_feature_type_name(f->type));
    yg_jsonw_kcstr(w, "unit", f->unit);
    yg_jsonw_kcstr(w, "window", f->window);
    yg_jsonw_kcstr(w, "doc", f->doc);
    yg_jsonw_close(w, '}');
}

void yg_features_print(struct yg_buf *out, bool json)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    if (json)
        yg_jsonw_open(&w, '[');
    for (int i = 0; i < YG_FEATURE_COUNT; i++) {
        const struct yg_feature_info *f = &yg_feature_info[i];
        if (json)
            print_json(&w, i);
        else
            yg_buf_printf(out, "%3d %-8s %-34s %-8s %-10s %-4s %s\n", i,
                          yg_feature_group_name(f->group), f->name,
                          yg_feature_type_name(f->type), f->unit, f->window, f->doc);
    }
    if (json)
        yg_jsonw_close(&w, ']');
}
