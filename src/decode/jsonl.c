/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl - JSON records of any product, through a mapping.
 */
#include "decode/decode.h"
#include "decode/decoders.h"
#include "decode/state.h"

/* An array becomes a list where the field is text, else its first scalar counts. */
static struct yg_str text_of(struct yg_target *t, const struct yg_json_value *v)
{
    const struct yg_pick pick = { .how = YG_AS_LIST, .field = YG_F_RULE_GROUPS };
    struct yg_event *e = t->e, scratch = { .reason = YG_R_NONE };

    if (v->type != YG_JSON_ARRAY)
        return yg_put_plain(t, v);
    t->e = &scratch;
    yg_put_value(t, &pick, v);
    t->e = e;
    return yg_event_str(t->b, &scratch, YG_F_RULE_GROUPS);
}

static void jsonl_event(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                        struct yg_event *e)
{
    const struct yg_mapping *m = d->source->mapping;
    struct yg_target t;
    struct yg_str raw = yg_decode_start(d, b, i, e, &t);
    const struct yg_json_hits *h = yg_decode_walk(d, &t, raw);

    if (!h)
        return;
    yg_mapped_begin(d, &t);
    for (size_t k = 0; k < m->rule_count; k++) {
        const struct yg_map_rule *r = &m->rule[k];
        const struct yg_json_value *v = r->from.n ? yg_json_hit(h, d->where[k]) : NULL;
        bool list = r->target == YG_MAP_TO_FIELD && v && v->type == YG_JSON_ARRAY &&
                    yg_field_info[r->field].type == YG_T_STR;
        if (v)
            yg_mapped_rule(&t, r, list ? text_of(&t, v) : yg_put_plain(&t, v));
        else
            yg_mapped_rule(&t, r, YG_STR_NONE);
    }
    yg_mapped_end(d, &t);
}

enum yg_status yg_jsonl_init(struct yg_decode *d)
{
    const struct yg_mapping *m = d->source->mapping;
    struct yg_json_want want[YG_MAP_RULES_MAX];
    size_t n = 0;

    YG_ASSERT(m->rule_count <= YG_MAP_RULES_MAX);
    for (size_t k = 0; k < m->rule_count; k++) {
        const struct yg_map_rule *r = &m->rule[k];
        size_t slot = 0;
        if (r->target == YG_MAP_TO_FIELD)
            d->wants_signature |= r->field == YG_F_RULE_ID || r->field == YG_F_RULE_NAME;
        if (r->from.n == 0)
            continue;
        while (slot < n && !yg_str_eq(want[slot].path, r->from))
            slot++;
        if (slot == n)
            want[n++] = (struct yg_json_want){ r->from, false };
        d->where[k] = (uint32_t)slot;
    }
    enum yg_status st = yg_json_paths_new(want, n, true, &d->paths);
    return st == YG_OK ? yg_json_new(YG_RECORD_MAX, &d->json) : st;
}

/* Sure of nothing: only what no other decoder claims. */
static int jsonl_probe(struct yg_str head)
{
    struct yg_str s = yg_str_trim(head);

    return s.n && s.p[0] == '{' ? 10 : 0;
}

const struct yg_decoder yg_decoder_jsonl = {
    .name = "jsonl",
    .doc = "JSON records of any product, fields by a mapping file",
    .framing = YG_FRAME_JSON,
    .needs_mapping = true,
    .probe = jsonl_probe,
    .event = jsonl_event,
};
