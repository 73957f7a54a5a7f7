/* SPDX-License-Identifier: Apache-2.0 */
/* However a stream is cut into readings, it gives the same records, and none is longer
 * than a record may be. First byte: how; second: the size of the readings. */
#include "event/batch.h"
#include "intake/unframe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A hash of all records; `count` of them. */
static uint64_t records_of(enum yg_unframe_how how, const uint8_t *p, size_t n,
                           size_t piece, uint64_t *count)
{
    struct yg_unframe u;
    struct yg_unframed rec;
    uint64_t sum = 1;

    *count = 0;
    yg_unframe_init(&u, how);
    for (size_t at = 0; at <= n;) {
        size_t room = n - at < piece ? n - at : piece;
        bool ended = room == 0;
        char *to = ended ? NULL : yg_unframe_room(&u, &room);
        if (!ended && (!to || room == 0))
            abort();
        if (to)
            memcpy(to, p + at, room);
        yg_unframe_filled(&u, ended ? 0 : room);
        at += ended ? 1 : room;
        while (yg_unframe_next(&u, ended, &rec)) {
            if (rec.raw.n == 0 || rec.raw.n > YG_RECORD_MAX)
                abort();
            sum = yg_hash_pair(sum, yg_hash_str(rec.reason, rec.raw));
            ++*count;
        }
    }
    if (yg_unframe_inside(&u))
        abort();
    yg_unframe_fini(&u);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t a, b;

    if (size < 2)
        return 0;
    enum yg_unframe_how how = (enum yg_unframe_how)(data[0] % 4);
    size_t piece = 1 + data[1];
    uint64_t one = records_of(how, data + 2, size - 2, YG_UNFRAME_ROOM, &a);
    uint64_t two = records_of(how, data + 2, size - 2, piece, &b);
    if (a != b || one != two)
        abort();
    return 0;
}
