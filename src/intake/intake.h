/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake - the inputs of a running server and what they share.
 *
 *      kinds (rows of yg_intake_kinds): udp tcp tls unix http tail kafka opensearch ...
 *        each: start ─ listens or pulls, frames, makes journal records ─ take ─► journal
 *                                          ◄─ acknowledge when durable ─
 *
 * One process of its own, forked by `serve`: it holds sockets, certificates and the
 * journal and can write nothing else; the core reads the journal. An input is a row of
 * the configuration (conf/inputs.h), its kind a const table here: one file and one row
 * add one. Kinds on sockets are driven by one event loop (intake/loop.h); those whose
 * library has threads of its own (HTTP, Kafka, OpenSearch) call take from there.
 */
#ifndef YG_INTAKE_INTAKE_H
#define YG_INTAKE_INTAKE_H

#include "conf/inputs.h"
#include "intake/journal.h"

#define YG_INTAKE_PATIENCE_NS YG_NS_PER_S /* for what is in memory to reach the disk */

struct yg_intake;
struct yg_loop;

struct yg_intake_kind {
    const char *name; /* "syslog", "http", ...: what `type:` says */
    const char *doc;
    /* Begin. `source`: index in the journal's sources and row of the state. `*state` is
     * the kind's own. An address in use, a missing file or certificate is an error with
     * the remedy; a peer that cannot be reached (Kafka, OpenSearch) is not: it is tried
     * again. */
    enum yg_status (*start)(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err);
    /* Take nothing more from outside; what was received is added. May be called once. */
    void (*stop)(void *state);
    /* After the journal has flushed and the last acknowledgements were due. */
    void (*free)(void *state);
    /* Where it listens; NULL: it has no port. */
    uint16_t (*port)(const void *state);
};

extern const struct yg_intake_kind *const yg_intake_kinds[]; /* NULL-terminated */

struct yg_intake_options {
    const struct yg_inputs *inputs;   /* borrowed */
    const char *dir;                  /* the journal's */
    uint64_t cap;                     /* bytes of the journal; 0: its default */
    struct yg_journal_place consumed; /* that the store holds; {0, 0}: none */
    bool sandbox; /* this process may start no program and write only in `dir` */
    const struct yg_clock *clock;
};

/* Open the journal and start every input; one that cannot start fails all (nothing is
 * served half). */
enum yg_status yg_intake_start(const struct yg_intake_options *opt,
                               struct yg_intake **out, struct yg_err *err) YG_MUST_USE;
/* Drive the loop until yg_intake_end is called (a signal handler may). */
enum yg_status yg_intake_run(struct yg_intake *in, struct yg_err *err) YG_MUST_USE;
void yg_intake_end(struct yg_intake *in);
/* Stop inputs, flush, acknowledge, free. */
void yg_intake_free(struct yg_intake *in);
/* Port an input listens on (0: none), for tests that ask for port 0. */
uint16_t yg_intake_port(const struct yg_intake *in, uint32_t input);

/* ---- for the kinds ---------------------------------------------------------------- */

/* For kinds on the loop's thread; the others leave it alone. */
struct yg_loop *yg_intake_loop(struct yg_intake *in);
/* Folder for what an input has to remember; the journal's. */
const char *yg_intake_dir(const struct yg_intake *in);
struct yg_journal *yg_intake_journal(struct yg_intake *in);
int64_t yg_intake_now(const struct yg_intake *in);

/* Add records: source is set here, received_ns where it is 0. They count as received once
 * they are durable. YG_EBUSY (full, or the disk refuses): hold the sender back and try
 * the same again; counted as held. Others as yg_journal_add. Any thread. */
enum yg_status yg_intake_take(struct yg_intake *in, uint32_t source,
                              struct yg_journal_record *rec, size_t n,
                              uint64_t *ticket) YG_MUST_USE;
/* The same for a thread that may wait for a slow disk, YG_INTAKE_PATIENCE_NS. */
enum yg_status yg_intake_take_wait(struct yg_intake *in, uint32_t source,
                                   struct yg_journal_record *rec, size_t n,
                                   uint64_t *ticket) YG_MUST_USE;
/* Count for a source; any thread. RECEIVED and BYTES are not counted here but when
 * records are durable; what is REFUSED counts as RECEIVED, too. */
void yg_intake_count(struct yg_intake *in, uint32_t source, enum yg_intake_counter c,
                     uint64_t n);

/* The id of a record that has a place of its own: hash(tenant, source, kind of place,
 * place). `place` holds what never changes for this record: a file's generation and
 * offset, a partition and offset, the bytes with their number in the request. */
void yg_intake_id(const struct yg_intake *in, uint32_t source, struct yg_str place,
                  unsigned char id[YG_ID_SIZE]);
/* The same hash before the place, for a place in pieces: to be copied, added to, done. */
void yg_intake_id_begin(const struct yg_intake *in, uint32_t source, struct yg_digest *d);

#endif
