/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookat - the packets of one stored alert, for a person: which they are, and what they
 * say.
 *
 * The packets are those kept with the record, else what a spool still holds, else the one
 * packet that the record itself carries. The record is decoded behind the sandbox, the
 * packets are taken apart in a process of their own (pipeline/boxed.h). A few
 * milliseconds.
 */
#ifndef YG_PIPELINE_LOOKAT_H
#define YG_PIPELINE_LOOKAT_H

#include "packet/show.h"
#include "spool/spool.h"
#include "store/store.h"

/* Where packets that are not kept with the alert are looked for. */
struct yg_captures {
    struct yg_spool *spool; /* NULL: nowhere */
    int64_t after_ns;       /* as in yg_spool_ask */
};

/* The packets as one pcap into `out` (left empty when there are none). `from` may be
 * NULL. YG_ENOTFOUND: the record's source is gone. */
enum yg_status yg_lookat_pcap(struct yg_store *st, const struct yg_store_record *rec,
                              const struct yg_captures *from, struct yg_buf *out,
                              struct yg_err *err) YG_MUST_USE;

/* What they say, as text or as one JSON object. What cannot be seen on a terminal is made
 * visible, whatever becomes of the process that looked. YG_ENOTFOUND: there are none. */
struct yg_lookat {
    struct yg_show show;
    bool json;
};
enum yg_status yg_lookat(struct yg_store *st, const struct yg_store_record *rec,
                         const struct yg_captures *from, const struct yg_lookat *ask,
                         struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

/* The same for who has others to answer meanwhile: begin, then wait for a while, again
 * and again; YG_EBUSY: it is still being looked at. Begun is what takes as long as the
 * decoding of one record. */
struct yg_lookat_job;
enum yg_status yg_lookat_begin(struct yg_store *st, const struct yg_store_record *rec,
                               const struct yg_captures *from,
                               const struct yg_lookat *ask, struct yg_lookat_job **out,
                               struct yg_err *err) YG_MUST_USE;
enum yg_status yg_lookat_wait(struct yg_lookat_job *j, int ms, struct yg_buf *out,
                              struct yg_err *err) YG_MUST_USE;
void yg_lookat_end(struct yg_lookat_job *j);

/* "summary", "hex", "ascii", "stream"; "both", "to-server", "to-client". */
bool yg_lookat_view(struct yg_str name, uint8_t *what);
bool yg_lookat_way(struct yg_str name, uint8_t *way);

#endif
