/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capfile - frames out of capture files, and capture files out of frames.
 *
 * Reading pcap and pcapng is libpcap's; a file that ends inside a packet yields what is
 * whole and says so. A small reader of our own walks the plain pcap that we write
 * (nanoseconds, one link type), in place, for the packets that are kept with an alert.
 * One thread at a time.
 */
#ifndef YG_PACKET_CAPFILE_H
#define YG_PACKET_CAPFILE_H

#include "base/buf.h"
#include "base/err.h"

struct yg_frame {
    int64_t time_ns;
    struct yg_str bytes; /* borrowed until the next call */
    uint32_t wire;
    uint32_t linktype;
    uint64_t offset; /* where its record begins in the file */
};

struct yg_capfile;

/* Read from `fd` (taken over, closed by free). YG_EFORMAT: no capture file. */
enum yg_status yg_capfile_open(int fd, struct yg_capfile **out,
                               struct yg_err *err) YG_MUST_USE;
void yg_capfile_free(struct yg_capfile *f);
/* YG_EEND; YG_EFORMAT: damaged or cut here, nothing more can be read. */
enum yg_status yg_capfile_next(struct yg_capfile *f, struct yg_frame *out,
                               struct yg_err *err) YG_MUST_USE;

/* A plain pcap, nanoseconds, little-endian. */
void yg_pcap_begin(struct yg_buf *out, uint32_t linktype);
void yg_pcap_add(struct yg_buf *out, int64_t time_ns, struct yg_str bytes, uint32_t wire);

/* Walk a pcap made by yg_pcap_*: *at = 0 first; false at the end or where it is damaged.
 */
bool yg_pcap_next(struct yg_str pcap, size_t *at, struct yg_frame *out);

#endif
