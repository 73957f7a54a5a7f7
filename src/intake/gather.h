/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather - the records of one request on their way to the journal.
 *
 * Records are added one by one and handed on in units of a megabyte, so that memory does
 * not grow with the request. Each gets its id (docs/design/05-identity.md): from the
 * bytes it stood in the request with, the number of equal ones before it there, and the
 * sender's address; so a request sent again brings the same ids, and two equal lines in
 * one request are two records.
 *
 * YG_EBUSY from the journal sticks: what follows is not handed on, the whole request is
 * to be sent again, and what was taken of it is recognised then. One thread at a time.
 */
#ifndef YG_INTAKE_GATHER_H
#define YG_INTAKE_GATHER_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "event/batch.h"
#include "intake/intake.h"

#define YG_GATHER_MAX   ((size_t)1 << 20) /* records of one request; more: YG_ELIMIT */
#define YG_GATHER_UNIT  1024              /* records handed on at once */
#define YG_GATHER_BYTES ((size_t)1 << 20) /* about as many bytes */

struct yg_gather {
    /* private */
    struct yg_intake *in;
    uint32_t source;
    struct yg_journal_record *rec;
    size_t count, bytes;
    struct yg_arena made;   /* records that do not stand in the request; till handed on */
    struct yg_map seen;     /* piece -> how often */
    struct yg_digest whose; /* source and sender: how every id begins */
    struct yg_str peer;
    enum yg_status status;
    /* public */
    uint64_t taken, cut; /* records handed on or about to be; those cut at the limit */
    uint64_t ticket;
    bool any; /* `ticket` is one */
};

enum yg_status yg_gather_init(struct yg_gather *g, struct yg_intake *in,
                              uint32_t source) YG_MUST_USE;
void yg_gather_fini(struct yg_gather *g);

/* Begin a request; `peer` is borrowed until its end. */
void yg_gather_begin(struct yg_gather *g, struct yg_str peer, struct yg_str peer_host);

/* A record. `piece`: the bytes of the request that it is made of; `raw`: the record,
 * within the request's body, or `copy` says that it is to be copied. */
enum yg_status yg_gather_add(struct yg_gather *g, struct yg_str piece, struct yg_str raw,
                             bool copy) YG_MUST_USE;
/* The same for a record with a name of its own that never changes, as Elasticsearch's
 * index and _id. */
enum yg_status yg_gather_named(struct yg_gather *g, struct yg_str name,
                               struct yg_str raw) YG_MUST_USE;

/* Hand on what is left. YG_OK: all of it is in the journal, durable at `ticket` (if
 * `any`); YG_EBUSY; YG_ELIMIT; YG_ENOMEM; YG_EIO: all of it has to be sent again. */
enum yg_status yg_gather_end(struct yg_gather *g) YG_MUST_USE;

/* Records seen and not taken, whose sender is told. */
void yg_gather_refuse(struct yg_gather *g, uint64_t n);

#endif
