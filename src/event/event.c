/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "base/status.h"

const struct yg_field_info yg_field_info[YG_FIELD_COUNT] = {
#define YG_FIELD(id, name, type, doc) { name, doc, YG_T_##type },
#include "event/fields.def"
#undef YG_FIELD
};

int yg_field_by_name(struct yg_str name)
{
    for (int i = 0; i < YG_FIELD_COUNT; i++)
        if (yg_str_eq(name, yg_str_of(yg_field_info[i].name)))
            return i;
    return -1;
}

static const char *const level_name[] = { "FP", "L1", "L2", "L3", "L4" };
static const char *const device_name[] = {
#define X(id, name) name,
    YG_DEVICES(X)
#undef X
};
static const char *const reason_name[] = {
#define X(id, name) name,
    YG_REASONS(X)
#undef X
};

static int index_of(const char *const *table, size_t n, struct yg_str name)
{
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq_nocase(name, yg_str_of(table[i])))
            return (int)i;
    return -1;
}

const char *yg_level_name(unsigned level)
{
    return level < YG_LEVEL_COUNT ? level_name[level] : "-";
}

bool yg_level_of(struct yg_str name, enum yg_level *out)
{
    int i = index_of(level_name, YG_ARRAY_LEN(level_name), name);

    if (i >= 0)
        *out = (enum yg_level)i;
    return i >= 0;
}

const char *yg_device_name(unsigned device)
{
    return device_name[device < YG_DEV_COUNT ? device : YG_DEV_OTHER];
}

bool yg_device_of(struct yg_str name, enum yg_device *out)
{
    int i = index_of(device_name, YG_ARRAY_LEN(device_name), name);

    if (i >= 0)
        *out = (enum yg_device)i;
    return i >= 0;
}

const char *yg_reason_name(unsigned reason)
{
    return reason < YG_REASON_COUNT ? reason_name[reason] : "unknown";
}
