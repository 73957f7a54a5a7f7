/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpapi.h"

#include "base/jsonw.h"

/* POST /ingest: each line is a record, its own bytes without line end, whatever it
 * holds: what the input's format cannot read is kept and shown as such. */
void yg_ndjson(struct yg_httpapi *a, const struct yg_httpd_request *in,
               struct yg_httpd_reply *out)
{
    struct yg_str rest = in->body;

    while (rest.p && rest.n > 0) {
        struct yg_str line = yg_str_cut(&rest, '\n');
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n > 0 && yg_gather_add(&a->gather, line, line, false) != YG_OK)
            break;
    }
    if (!yg_httpapi_taken(a, out, YG_OK, yg_es_refuse))
        return;
    struct yg_jsonw j = yg_jsonw_of(&out->body);
    yg_jsonw_open(&j, '{');
    yg_jsonw_ku64(&j, "records", a->gather.taken);
    yg_jsonw_ku64(&j, "cut", a->gather.cut);
    yg_jsonw_close(&j, '}');
}
