/* SPDX-License-Identifier: Apache-2.0 */
/* A file of assets of any bytes is read or refused with a line and a reason; what is read
 * may be kept as it is. The first byte says whether an asset is named beside it. */
#include "desk/import.h"

#include <stdlib.h>
#include <string.h>

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

static void read_back(const struct yg_asset *a)
{
    char subject[YG_ASSET_SUBJECT], cve[YG_CVE_TEXT];

    expect(yg_asset_subject(a->subject, subject, NULL) == YG_OK);
    expect(strcmp(subject, a->subject.p) == 0); /* it is its own spelling */
    expect(a->criticality <= YG_ASSET_CRITICAL_MAX);
    expect(a->software_count <= YG_ASSET_SOFTWARE_MAX);
    expect(a->findings < YG_ASSET_FINDINGS_MAX);
    for (size_t i = 0; i < a->software_count; i++)
        expect(a->software[i].product.n > 0);
    for (size_t i = 0; i < a->findings; i++) {
        const struct yg_finding *f = &a->finding[i];
        expect(yg_cve_of(yg_str_of(f->cve), cve) && strcmp(cve, f->cve) == 0);
        expect(f->state < YG_FINDING_STATE_COUNT && f->scanner.n > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_import_ask ask = { .tenant = YG_STR("t") };
    struct yg_err err = { .line = 0 };
    struct yg_import im;
    struct yg_arena arena;

    if (size == 0)
        return 0;
    if (data[0] & 1)
        ask.subject = YG_STR("192.0.2.1");
    ask.data = (struct yg_str){ (const char *)data + 1, size - 1 };
    yg_arena_init(&arena, (size_t)256 << 20);
    enum yg_status st = yg_import_read(&ask, NOW, &arena, &im, &err);
    if (st == YG_OK) {
        expect(im.count > 0 && im.problems == 0);
        for (size_t i = 0; i < im.count; i++)
            read_back(&im.row[i]);
    } else if (st == YG_EFORMAT) {
        expect(im.problems > 0 && im.problems <= YG_IMPORT_PROBLEMS);
        for (size_t i = 0; i < im.problems; i++)
            expect(im.problem[i].line > 0 && im.problem[i].what[0] != '\0');
    }
    yg_arena_fini(&arena);
    return 0;
}
