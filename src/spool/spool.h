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
 * unpacking them once into the cache's folder, within caps.
 * Cost: indexing twice a bare libpcap loop (bench/spool), 9 bytes of index a packet; a
 * question reads some hundred kB whatever the spool's size, its packets included. One
 * thread at a time.
 */
#ifndef YG_SPOOL_SPOOL_H
#define YG_SPOOL_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "packet/community.h"

/* Bytes of the unpacked copies in the cache: of one file, and of all. Sensors roll their
 * captures at 1 GB or less, so what unpacks to more is a bomb, or better read as it is;
 * it must not take the room of the others. A copy keeps only what is indexed of it. */
#define YG_SPOOL_UNPACK_EACH (UINT64_C(1) << 30)
#define YG_SPOOL_UNPACK_MAX  (UINT64_C(4) << 30)

struct yg_spool;

/* `cache`: folder for the index (made if needed); it belongs to one set of paths.
 * `paths`: capture files and folders (spool/places.h says which of their entries). Does
 * not index: what an earlier run left in the cache can be asked at once. YG_EIO,
 * YG_ENOMEM. */
enum yg_status yg_spool_open(const char *cache, const char *const *paths, size_t count,
                             struct yg_spool **out, struct yg_err *err) YG_MUST_USE;
void yg_spool_free(struct yg_spool *s);

/* Does every file that the cache knows lie under `paths`? If not, the cache is another
 * set's, and a refresh would forget that. */
enum yg_status yg_spool_is_ours(struct yg_spool *s, bool *ours,
                                struct yg_err *err) YG_MUST_USE;

struct yg_spool_sums {
    uint64_t files, packets, bytes; /* indexed */
    uint64_t passed;     /* packets without a usable time or interface: not indexed */
    uint64_t cut_files;  /* that end inside a packet, or are damaged somewhere */
    uint64_t bad_files;  /* that are no captures, or cannot be gone through */
    uint64_t bytes_read; /* by questions so far: index pages from disk, and packets */
    uint64_t questions, answered;
    uint64_t without_ports; /* questions about ends that name no flow: not answered */
    uint64_t stale;         /* packets not read: their file is not what was indexed */
    uint64_t other_link;    /* packets left out: not of the first one's link type */
};
void yg_spool_sums_of(const struct yg_spool *s, struct yg_spool_sums *out);

/* Index what is new. Errors of single files are counted, logged and passed over.
 * YG_EBUSY: another process is indexing into this cache; asking goes on. */
enum yg_status yg_spool_refresh(struct yg_spool *s, struct yg_err *err) YG_MUST_USE;

/* A file whose packets are not, or not all, in the index. That one ends inside a packet
 * is no fault: it is being written. */
struct yg_spool_fault {
    int64_t id; /* 0 asks for the first */
    struct yg_str path;
    uint64_t at;      /* what stands before this byte is indexed */
    bool unpacked;    /* the byte is counted in what the file unpacks to */
    const char *what; /* is wrong there, and its remedy */
    const char *remedy;
};

/* The next fault after *f, by age of the files' entries in the index. YG_EEND. `path`
 * lives with the arena. */
enum yg_status yg_spool_fault_next(struct yg_spool *s, struct yg_arena *a,
                                   struct yg_spool_fault *f,
                                   struct yg_err *err) YG_MUST_USE;

struct yg_spool_ask {
    struct yg_tuple ends;
    int64_t time_ns;     /* of the alert */
    int64_t before_ns;   /* how far back the flow may have begun; 0: 24 h */
    int64_t after_ns;    /* how long after the alert is looked; 0: 60 s */
    uint32_t flow_max;   /* bytes of the flow itself; 0: 96 KiB */
    uint32_t around_max; /* bytes of all besides; 0: 64 KiB. The pcap is never larger than
                          * both and its head of 24 bytes */
};

/* Write the packets as one pcap (yg_pcap_*), in order of time:
 *  - the flow itself, either direction: its first packets up to half the cap, then those
 *    nearest the alert. It is taken from its latest begin that was seen (SYN, or a packet
 *    after a minute of silence); fragments between the two ends count as of the flow;
 *  - afterwards: conversations that either end began from 2 s before the alert on, those
 *    between the two first, the first packets of each in both directions, up to 32, each
 *    with an equal share of around_max (2 to 6 KiB);
 *  - before: the first packet of up to 32 earlier conversations between the same two
 *    addresses (regularity; an eighth of around_max), and name look-ups of the internal
 * ends from 10 s before on. Packets of another link type than the flow's first are left
 * out. An empty `out` (no pcap header) means that nothing was found: the flow is in no
 * file, or the ends have no ports (TCP, UDP). The same index and question give the same
 * bytes. */
enum yg_status yg_spool_find(struct yg_spool *s, const struct yg_spool_ask *ask,
                             struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
