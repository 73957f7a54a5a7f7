/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope, times, pairs and patterns of logs over any bytes: what is handed out must
 * lie within the record, and every walk must end.
 */
#include "decode/log.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct yg_str whole, struct yg_str part)
{
    if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
        abort();
}

static void pairs(struct yg_str text, struct yg_kv_style style)
{
    struct yg_str rest = text;
    struct yg_kv kv;
    size_t last = rest.n + 1;

    while (yg_kv_next(&rest, style, &kv)) {
        inside(text, kv.key);
        inside(text, kv.value);
        if (rest.n >= last || kv.key.n == 0)
            abort();
        last = rest.n;
    }
}

/* What a dialect takes for its own has one of its marks. */
static bool marked(const struct yg_dialect *dialect, struct yg_str raw)
{
    struct yg_str rest = yg_str_of(dialect->marks);

    while (rest.p) {
        struct yg_str mark = yg_str_cut(&rest, '|');
        if (raw.n >= mark.n && memmem(raw.p, raw.n, mark.p, mark.n))
            return true;
    }
    return !dialect->marks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const pattern[] = { "%s: %*", "a %s b %* c", "%*=%s", "%s%s %*" };
    struct yg_str text = { (const char *)data, size }, rest = text, out[YG_SCAN_MAX];
    struct yg_logline l;
    int64_t ns;
    int zone;

    yg_logline_of(text, INT64_C(1767225600000000000), 540, &l);
    inside(text, l.body);
    inside(text, l.host);
    inside(text, l.app);
    inside(text, l.pid);
    inside(text, l.msgid);
    inside(text, l.sd);
    pairs(text, (struct yg_kv_style){ .assign = '=' });
    pairs(text, (struct yg_kv_style){ .assign = '=', .spaced = true });
    pairs(text, (struct yg_kv_style){ .assign = ':', .sep = ';', .spaced = true });
    pairs(text, (struct yg_kv_style){ .assign = '=', .sep = ',' });
    if (yg_log_time(&rest, 0, 0, &ns, &zone))
        inside(text, rest);
    for (size_t i = 0; i < sizeof(pattern) / sizeof(pattern[0]); i++)
        for (int k = yg_scan(text, pattern[i], out); k-- > 0;)
            inside(text, out[k]);
    for (size_t k = 0; yg_dialects[k]; k++)
        if (yg_dialect_match(yg_dialects[k], &l) > 0 && !marked(yg_dialects[k], l.raw))
            abort();
    return 0;
}
