/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/record.h"

#define NS UINT64_C(1000000000)

enum { BLOCK_OLD_PACKET = 2, BLOCK_PACKET = 6 }; /* pcapng block types */

static bool read_pcap(const struct yg_face *face, struct yg_cursor *c,
                      struct yg_record *out)
{
    uint64_t s = yg_ordered32(c, face->big), part = yg_ordered32(c, face->big);

    out->ticks = s * (face->resol == 9 ? NS : 1000000) + part;
    out->captured = yg_ordered32(c, face->big);
    out->wire = yg_ordered32(c, face->big);
    out->face = 0;
    out->head = 16;
    if (!yg_cursor_ok(c) || out->captured > YG_SNAP_MAX)
        return false;
    out->size = out->head + out->captured;
    return true;
}

static bool read_pcapng(const struct yg_face *face, struct yg_cursor *c,
                        struct yg_record *out)
{
    uint32_t type = yg_ordered32(c, face->big);

    out->size = yg_ordered32(c, face->big);
    if (type == BLOCK_PACKET) {
        out->face = yg_ordered32(c, face->big);
    } else {
        out->face = yg_ordered16(c, face->big);
        yg_ordered16(c, face->big); /* drops */
    }
    out->ticks = (uint64_t)yg_ordered32(c, face->big) << 32;
    out->ticks |= yg_ordered32(c, face->big);
    out->captured = yg_ordered32(c, face->big);
    out->wire = yg_ordered32(c, face->big);
    out->head = 28;
    return yg_cursor_ok(c) && (type == BLOCK_PACKET || type == BLOCK_OLD_PACKET) &&
           out->captured <= YG_SNAP_MAX && out->size % 4 == 0 &&
           out->size >= out->head + 4 && out->captured <= out->size - out->head - 4;
}

bool yg_record_read(const struct yg_face *face, struct yg_str bytes,
                    struct yg_record *out)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);

    return face->kind == YG_CAP_PCAP ? read_pcap(face, &c, out)
                                     : read_pcapng(face, &c, out);
}

/* `ticks` of 10^-n seconds in nanoseconds. */
static bool decimal(uint64_t ticks, unsigned n, uint64_t *ns)
{
    for (; n > 9; n--)
        ticks /= 10;
    for (; n < 9; n++)
        if (__builtin_mul_overflow(ticks, UINT64_C(10), &ticks))
            return false;
    *ns = ticks;
    return true;
}

/* `ticks` of 2^-n seconds. Past 34 bits the fraction is finer than can be told. */
static bool binary(uint64_t ticks, unsigned n, uint64_t *ns)
{
    if (n > 63)
        return false;
    uint64_t s = ticks >> n, part = ticks & ((UINT64_C(1) << n) - 1);
    if (n > 34) {
        part >>= n - 34;
        n = 34;
    }
    part = part * NS >> n;
    return !__builtin_mul_overflow(s, NS, &s) && !__builtin_add_overflow(s, part, ns);
}

bool yg_face_time(const struct yg_face *face, uint64_t ticks, int64_t *time_ns)
{
    unsigned n = face->resol & 0x7f;
    uint64_t ns = 0;
    int64_t shift, at;

    if (!((face->resol & 0x80) ? binary(ticks, n, &ns) : decimal(ticks, n, &ns)) ||
        ns > INT64_MAX ||
        __builtin_mul_overflow(face->shift_s, INT64_C(1000000000), &shift) ||
        __builtin_add_overflow((int64_t)ns, shift, &at) || at < 0)
        return false;
    *time_ns = at;
    return true;
}
