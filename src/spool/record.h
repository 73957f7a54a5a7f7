/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - one packet record of a capture file, read where it stands.
 *
 * The indexer walks a file record by record and a question reads single records at
 * places it was told of; both use these functions, so that they cannot disagree. Plain
 * pcap (micro- and nanoseconds, both byte orders) and pcapng (enhanced and obsolete
 * packet blocks). A simple packet block has no time and so is nothing an alert could ask
 * for. Pure; every byte goes through yg_cursor.
 */
#ifndef YG_SPOOL_RECORD_H
#define YG_SPOOL_RECORD_H

#include "base/cursor.h"

#define YG_SNAP_MAX    262144U /* a frame longer than this is damage, as for libpcap */
#define YG_RECORD_HEAD 28U     /* bytes that yg_record_read wants at most */

enum yg_cap_kind { YG_CAP_PCAP, YG_CAP_PCAPNG };

/* What must be known of an interface to read a record of it. A plain pcap has one. */
struct yg_face {
    uint64_t at;       /* where its section begins */
    int64_t shift_s;   /* pcapng if_tsoffset */
    uint32_t id;       /* its number in the section */
    uint32_t linktype; /* 16 bits */
    uint8_t kind;      /* enum yg_cap_kind */
    uint8_t resol;     /* pcapng if_tsresol: 10^-n, with the high bit 2^-n seconds */
    bool big;          /* byte order of its section */
};

struct yg_record {
    uint64_t ticks; /* time in units of the interface's resolution */
    uint32_t size;  /* of the whole record */
    uint32_t head;  /* bytes before the frame */
    uint32_t captured, wire;
    uint32_t face; /* interface number */
};

static inline uint16_t yg_ordered16(struct yg_cursor *c, bool big)
{
    return big ? yg_cursor_be16(c) : yg_cursor_le16(c);
}
static inline uint32_t yg_ordered32(struct yg_cursor *c, bool big)
{
    return big ? yg_cursor_be32(c) : yg_cursor_le32(c);
}

/* The head of the packet record that begins with `bytes` (YG_RECORD_HEAD of them, fewer
 * at the end of a file). `face` tells the kind of file and the byte order; its resolution
 * matters for plain pcap only. False: no packet record, or lengths that cannot be. */
bool yg_record_read(const struct yg_face *face, struct yg_str bytes,
                    struct yg_record *out);

/* Nanoseconds since 1970. False: before 1970 or after 2262, or no such resolution. */
bool yg_face_time(const struct yg_face *face, uint64_t ticks, int64_t *time_ns);

#endif
