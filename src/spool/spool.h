/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool - the packets of one alert out of a sensor's rolling capture, without reading it
 * whole.
 *
 * Capture files (pcap, pcapng, a directory of them) are indexed once each, as they come:
 * per file and flow the places of its packets, in an SQLite file that is a cache (delete
 * it and it is made again). A question then reads the index rows of one flow and the
 * packets themselves. Indexing takes frames apart and so runs in a sandboxed child; the
 * process that asks follows only checked offsets and never looks inside a frame.
 *
 * Files grow and roll: an unchanged file is not read again, a grown one from where the
 * index ended, one that is gone is forgotten. gzip, xz and zstd files are indexed by
 * unpacking them once into the cache's folder, within a cap.
 * Cost: indexing about 100 ns a packet; a question under 10 ms whatever the spool's size
 * (bench/spool counts the bytes read). One thread at a time.
 */
#ifndef YG_SPOOL_SPOOL_H
#define YG_SPOOL_SPOOL_H

#include "base/buf.h"
#include "base/err.h"
#include "packet/community.h"

struct yg_spool;

/* `cache`: folder for the index (made if needed). `paths`: capture files and folders
 * (folders are walked three deep). YG_EIO, YG_ENOMEM, YG_EFORMAT. */
enum yg_status yg_spool_open(const char *cache, const char *const *paths, size_t count,
                             struct yg_spool **out, struct yg_err *err) YG_MUST_USE;
void yg_spool_free(struct yg_spool *s);

struct yg_spool_sums {
    uint64_t files, packets, bytes; /* indexed */
    uint64_t cut_files;             /* that ended inside a packet */
    uint64_t bad_files;             /* that are no captures */
    uint64_t bytes_read;            /* by questions so far, index and packets */
    uint64_t questions, answered;
};
void yg_spool_sums_of(const struct yg_spool *s, struct yg_spool_sums *out);

/* Index what is new. Errors of single files are counted, logged and passed over. */
enum yg_status yg_spool_refresh(struct yg_spool *s, struct yg_err *err) YG_MUST_USE;

struct yg_spool_ask {
    struct yg_tuple ends;
    int64_t time_ns;     /* of the alert */
    int64_t before_ns;   /* how far back the flow may have begun; 0: 24 h */
    int64_t after_ns;    /* how long after the alert is looked; 0: 60 s */
    uint32_t flow_max;   /* bytes of the flow itself; 0: 96 KiB */
    uint32_t around_max; /* bytes of what the ends did besides; 0: 64 KiB */
};

/* Write the packets as one pcap (yg_pcap_*), in order of time:
 *  - the flow itself: its first packets up to half the cap, then those nearest the alert;
 *  - afterwards: conversations that either end began within after_ns of the alert, the
 *    first packets of each (both directions), as many as fit;
 *  - before: the first packet of up to 32 earlier conversations between the same two
 *    addresses (regularity), and name look-ups of the ends.
 * An empty `out` (no pcap header) means that nothing was found. */
enum yg_status yg_spool_find(struct yg_spool *s, const struct yg_spool_ask *ask,
                             struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
