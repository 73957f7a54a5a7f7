/* SPDX-License-Identifier: Apache-2.0 */
#include "event/show.h"

#include "base/clock.h"
#include "event/ip.h"

void yg_event_show(struct yg_buf *out, const struct yg_batch *b, const struct yg_event *e,
                   enum yg_field f)
{
    char text[YG_IP_TEXT_MAX], time[YG_TIME_TEXT_MAX];
    struct yg_str s;

    if (!yg_event_has(e, f))
        return;
    switch (yg_field_info[f].type) {
    case YG_T_U64:
        yg_buf_printf(out, "%llu", (unsigned long long)e->value[f].u);
        return;
    case YG_T_TIME:
        yg_buf_printf(out, "%s", yg_time_text(e->value[f].t, time));
        return;
    case YG_T_IP:
        s = yg_batch_str(b, e->value[f].s);
        if (s.n == YG_IP_SIZE)
            yg_buf_printf(out, "%s", yg_ip_text((const unsigned char *)s.p, text));
        return;
    case YG_T_BYTES:
        yg_buf_printf(out, "%u bytes", e->value[f].s.len);
        return;
    case YG_T_STR:
        yg_buf_str_add(out, yg_batch_str(b, e->value[f].s));
        return;
    }
}
