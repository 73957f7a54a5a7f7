/* SPDX-License-Identifier: Apache-2.0 */
/* One alert, with everything that is known of it (alert.h). */
#include "api/alert.h"
#include "api/api.h"
#include "api/handle.h"
#include "api/say_alert.h"

enum yg_status yg_handle_alert(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_view_detail *d = yg_arena_alloc(&c->arena, sizeof(*d));
    unsigned parts = 0;
    enum yg_status st = yg_alert_parts(c->params.text[YG_P_PARTS], &parts, err);

    c->source.desk = c->api->desk;
    if (st == YG_OK && !d)
        st = yg_err_set(err, YG_ENOMEM, "no memory for the alert");
    if (st == YG_OK)
        st = yg_view_detail(&c->source, c->id, parts, &c->arena, d, err);
    if (st != YG_OK)
        return st;
    yg_say_alert_detail(&w, d);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}
