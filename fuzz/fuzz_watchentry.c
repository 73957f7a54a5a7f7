/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a list of the desk is read or refused; what it names finds itself again; any
 * URL has forms that begin it. The bytes up to the first NUL are the line, then the host,
 * then the URL. */
#include "desk/watchentry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

static bool has_form(const struct yg_url_forms *f, const unsigned char *form, size_t n)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->length[i] == n && memcmp(f->form, form, n) == 0)
            return true;
    return false;
}

/* An entry url:X is found in the URL X. */
static void find_itself(const struct yg_watch_parsed *p)
{
    struct yg_str url = { p->value.p + 4, p->value.n - 4 };
    char text[YG_WATCH_VALUE + 16];
    struct yg_url_forms f;
    bool scheme = false;

    for (size_t i = 0; i + 2 < url.n; i++)
        scheme |= memcmp(url.p + i, "://", 3) == 0;
    if (scheme)
        return;
    memcpy(text, "x://", 4);
    memcpy(text + 4, url.p, url.n);
    expect(yg_url_forms((struct yg_str){ text, url.n + 4 }, YG_STR_NONE, &f));
    expect(has_form(&f, p->form, p->n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str rest = { (const char *)data, size };
    struct yg_str line = yg_str_cut(&rest, '\0');
    struct yg_str host = yg_str_cut(&rest, '\0');
    struct yg_watch_parsed p;
    struct yg_url_forms f;
    struct yg_str word;

    const char *wrong = yg_watch_entry_read(line, &p, &word);
    if (!wrong && p.some) {
        expect(p.n > 0 && p.n <= sizeof(p.form) && p.type <= YG_WATCH_URL);
        expect(p.value.n > 0 && p.value.n < YG_WATCH_VALUE);
        if (p.type == YG_WATCH_URL)
            find_itself(&p);
    } else if (wrong) {
        expect(wrong[0] != '\0');
    }
    if (yg_url_forms(rest, host, &f)) {
        expect(f.count <= YG_WATCH_SEGMENTS);
        for (size_t i = 0; i < f.count; i++)
            expect(f.length[i] > 0 && f.length[i] <= YG_WATCH_VALUE);
    }
    return 0;
}
