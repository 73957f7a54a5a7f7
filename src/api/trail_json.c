/* SPDX-License-Identifier: Apache-2.0 */
#include "api/trail_json.h"

void yg_json_trail_row(struct yg_jsonw *w, const struct yg_trail_row *r)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "seq", r->seq);
    if (r->begun)
        yg_jsonw_ku64(w, "begun", r->begun);
    yg_jsonw_ktime(w, "time", r->at_ns);
    yg_jsonw_kcstr(w, "outcome", yg_trail_outcome_name(r->outcome));
    yg_jsonw_kstr(w, "who", r->who);
    yg_jsonw_kstr(w, "role", r->role);
    yg_jsonw_kstr(w, "via", r->via);
    yg_jsonw_kstr(w, "address", r->address);
    yg_jsonw_kstr(w, "tenant", r->tenant);
    yg_jsonw_kstr(w, "verb", r->verb);
    yg_jsonw_kstr(w, "object", r->object);
    yg_jsonw_kstr(w, "subject", r->subject);
    yg_jsonw_kstr(w, "detail", r->detail);
    yg_jsonw_khex(w, "digest", r->digest, YG_DIGEST_SIZE);
    yg_jsonw_close(w, '}');
}

void yg_json_trail_line(const struct yg_trail_row *r, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_json_trail_row(&w, r);
    yg_buf_char(out, '\n');
}

void yg_json_trail_mark_line(const struct yg_trail_mark *m, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);
    char sign[2 * YG_TRAIL_SIGN + 1];

    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "checkpoint", m->seq);
    yg_jsonw_ktime(&w, "time", m->at_ns);
    yg_jsonw_khex(&w, "digest", m->digest, YG_DIGEST_SIZE);
    yg_hex(m->sign, YG_TRAIL_SIGN, sign);
    yg_jsonw_kcstr(&w, "signature", sign);
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

void yg_json_trail_report(struct yg_jsonw *w, const struct yg_trail_report *r)
{
    yg_jsonw_ku64(w, "rows", r->rows);
    yg_jsonw_ku64(w, "checkpoints", r->checkpoints);
    yg_jsonw_ku64(w, "after_checkpoint", r->after);
    yg_jsonw_ku64(w, "unfinished", r->unfinished);
    yg_jsonw_khex(w, "digest", r->digest, YG_DIGEST_SIZE);
}
