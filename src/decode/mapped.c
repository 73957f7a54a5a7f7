/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of mapped records (delimited, jsonl) share. */
#include "base/clock.h"
#include "decode/state.h"

void yg_mapped_begin(struct yg_decode *d, struct yg_target *t)
{
    const struct yg_mapping *m = d->source->mapping;

    t->e->kind = m->log || d->source->log_source ? YG_KIND_CONTEXT : YG_KIND_ALERT;
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_PRODUCT, m->product);
}

static bool time_of(const struct yg_target *t, enum yg_map_time as, struct yg_str s,
                    int64_t *ns, int *offset_min)
{
    *offset_min = t->offset_min;
    switch (as) {
    case YG_MAP_ISO:
        return yg_time_iso(s, t->offset_min, ns, offset_min);
    case YG_MAP_EPOCH:
        *offset_min = 0;
        return yg_time_epoch(s, ns);
    case YG_MAP_EPOCH_MS:
    case YG_MAP_EPOCH_US:
    case YG_MAP_EPOCH_NS:
        *offset_min = 0;
        return yg_time_epoch_unit(s, 3 * (int)(as - YG_MAP_EPOCH), ns);
    }
    return false;
}

static void put_time(struct yg_target *t, const struct yg_map_rule *r, struct yg_str s)
{
    int64_t ns;
    int offset_min;

    if (!time_of(t, r->as, s, &ns, &offset_min))
        yg_put_reason(t, YG_R_BAD_VALUE);
    else if (r->target == YG_MAP_TO_TIME)
        yg_put_time(t, ns, offset_min);
    else
        yg_event_set_time(t->e, r->field, ns);
}

static enum yg_how how_of(enum yg_field f)
{
    switch (yg_field_info[f].type) {
    case YG_T_U64:
        return f == YG_F_SOURCE_PORT || f == YG_F_DESTINATION_PORT ? YG_AS_PORT
                                                                   : YG_AS_U64;
    case YG_T_IP:
        return YG_AS_IP;
    case YG_T_BYTES:
        return YG_AS_BASE64;
    case YG_T_STR:
    case YG_T_TIME:
        break;
    }
    return f == YG_F_TRANSPORT || f == YG_F_APP_PROTO ? YG_AS_LOWER : YG_AS_TEXT;
}

void yg_mapped_rule(struct yg_target *t, const struct yg_map_rule *r, struct yg_str found)
{
    struct yg_str s = yg_mapping_value(r, found);
    enum yg_device device;

    if (s.n == 0)
        return;
    if (r->target == YG_MAP_TO_TIME ||
        (r->target == YG_MAP_TO_FIELD && yg_field_info[r->field].type == YG_T_TIME))
        put_time(t, r, s);
    else if (r->target == YG_MAP_TO_FIELD)
        yg_put_text(t, how_of(r->field), r->field, s);
    else if (yg_device_of(s, &device))
        t->e->device = (uint8_t)device;
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

void yg_mapped_end(struct yg_decode *d, struct yg_target *t)
{
    if (t->e->kind == YG_KIND_ALERT && d->wants_signature &&
        !yg_event_has(t->e, YG_F_RULE_ID) && !yg_event_has(t->e, YG_F_RULE_NAME))
        yg_decode_unread(d, t->e, YG_R_NO_SIGNATURE);
    yg_decode_finish(d, t);
}
