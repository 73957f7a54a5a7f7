/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pick - packets read at the places the index tells, each once, and written in order.
 *
 * Each read checks that the file still is what was indexed and that a packet record of
 * the time the index says stands there; anything else is left out and counted. Files are
 * opened once a question. One thread at a time.
 */
#ifndef YG_SPOOL_PICK_H
#define YG_SPOOL_PICK_H

#include "base/map.h"
#include "spool/spool_priv.h"

#define YG_PICK_FILES 32    /* files of one question */
#define YG_PICK_MAX   16384 /* packets of one question */

struct yg_pick_file {
    int64_t id;
    int fd; /* -1: not usable */
    uint64_t size;
    size_t faces;
    struct yg_face *face;
};

struct yg_picked {
    int64_t time_ns, file;
    uint64_t at;
    size_t from; /* in bytes */
    uint32_t captured, wire;
};

struct yg_pick {
    struct yg_spool *s;
    struct yg_err *err;
    struct yg_arena arena;
    struct yg_map taken; /* hash of file and place */
    struct yg_buf bytes;
    struct yg_picked *packet;
    size_t count, files;
    uint32_t linktype; /* of all, set by the first */
    struct yg_pick_file file[YG_PICK_FILES];
};

enum yg_pick_result {
    YG_PICKED,
    YG_PICK_NOT,  /* had already, or cannot be read */
    YG_PICK_FULL, /* over the budget: nothing was read but its head */
    YG_PICK_FAIL, /* no memory, or the index fails: p->err */
};

/* `bytes`: cap of all frames. YG_ENOMEM. */
enum yg_status yg_pick_init(struct yg_pick *p, struct yg_spool *s, size_t bytes,
                            struct yg_err *err) YG_MUST_USE;
void yg_pick_fini(struct yg_pick *p);

/* Take the packet of `file` at `place`; its frame and 16 bytes come off *budget. */
enum yg_pick_result yg_pick_take(struct yg_pick *p, int64_t file,
                                 const struct yg_place *place, uint32_t *budget);

/* All that was taken, by time, as a pcap; nothing if nothing was. The same packet from
 * two files (a copied capture) is written once. */
void yg_pick_write(struct yg_pick *p, struct yg_buf *out);

#endif
